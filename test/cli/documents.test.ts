import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { z } from 'zod';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { newSigningKey } from '../../src/provenance/new-signing-key.ts';
import { ADMIN_KEY } from '../support/credentials.ts';
import { type LocalWorker, startWorker } from '../support/local-worker.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tracewright-documents-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const read = (file: string): string => readFileSync(file, 'utf8');
const readme = read('README.md');
const pages = ['README.md', 'SECURITY.md', ...readdirSync('docs').map((name) => `docs/${name}`)];

/** The cells of the first column of the table below a heading. */
function firstColumn(heading: string): string[] {
  const [, section = ''] = readme.split(`\n## ${heading}\n`);
  const [, ...rows] = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return rows
    .slice(1)
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

describe('the tables of the README', () => {
  test('have every query parameter of /compile, and no other', () => {
    const parameters = openapi.paths['/compile'].post.parameters.map(({ name }) => name);
    expect(firstColumn('Options').sort()).toEqual([...parameters].sort());
  });

  test('have every command', () => {
    const commands = [...read('src/cli/commands.ts').matchAll(/^ {4}(?:'([a-z ]+)'|([a-z]+)): \{$/gm)];
    const table = firstColumn('Manage policies from git').map((cell) => cell.replace(/ <.*$/, ''));
    expect(table.sort()).toEqual(commands.map(([, quoted, plain]) => quoted ?? plain ?? '').sort());
  });
});

describe.each(pages)('%s', (page) => {
  const text = read(page);

  test('leads to files and headings that there are', () => {
    const anchor = (heading: string): string =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path = '', fragment] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      expect(existsSync(file), `${target} of ${page}`).toBe(true);
      if (fragment === undefined) continue;
      const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading));
      expect(headings, `${target} of ${page}`).toContain(fragment);
    }
  });

  test('shows no digest that can never come out', () => {
    expect(text.match(/sha256:[0-9a-f]{64}/g)).toBeNull();
  });
});

test('docs/README.md lists every page', () => {
  const listed = read('docs/README.md');
  for (const page of pages.filter((each) => each !== 'docs/README.md'))
    expect(listed).toContain(`](${page.startsWith('docs/') ? page.slice(5) : `../${page}`})`);
});

test('the licence is the one that package.json and the document of the API name', () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ license: 'Apache-2.0' });
  expect(openapi.info.license).toMatchObject({ name: 'Apache-2.0' });
  expect(read('LICENSE')).toMatch(/^\s+Apache License\n\s+Version 2\.0, January 2004\n/);
});

test('the change to active-version-only that docs/security.md shows lets a token ask by an alias', async () => {
  const folder = join(scratch, 'management');
  cpSync('policies/management', folder, { recursive: true });
  const [, shown = ''] = /`unless \{ … \|\| (.*) \}`/.exec(read('docs/security.md')) ?? [];
  const file = join(folder, 'access.cedar');
  const edited = read(file).replace('principal.scopes.contains("admin") };\n\n@id("management', (end) =>
    end.replace(' };', ` || ${shown} };`),
  );
  const permit =
    '@id("shop") permit (principal, action, resource) when { principal.issuer == "https://ci.example" };';
  writeFileSync(file, `${edited}\n${permit}\n`);
  const ask = (reference: string, repository: string, decision: string): string => `
- name: ${repository} asks by ${reference}
  caller: { kind: oidc, issuer: "https://ci.example", subject: x, repository: ${repository} }
  action: compile
  namespace: shop
  reference: ${reference}
  expect: { decision: ${decision} }
`;
  const cases = [
    ask('staging', 'acme/shop', 'allow'),
    ask('production', 'acme/shop', 'deny'),
    ask('staging', 'acme/other', 'deny'),
  ];
  const tests = join(folder, 'tests.yaml');
  writeFileSync(tests, `${read(tests).trimEnd()}\n${cases.join('')}`);
  const node = [
    '--import',
    './src/cli/hooks.ts',
    'src/cli/policies-command.ts',
    'test',
    '--set',
    'management',
  ];
  const said = execFileSync(process.execPath, [...node, '--folder', folder], { encoding: 'utf8' });
  expect(said).toMatch(/\d+ policies are valid, (\d+) of \1 tests passed/);
});

test('the settings that docs/deploy.md shows are read by wrangler, and give staging all that the Worker needs', () => {
  const blocks = [...read('docs/deploy.md').matchAll(/^ *```toml\n(.*?)^ *```/gms)].map(
    ([, block = '']) => block,
  );
  const [above = '', below = ''] = blocks;
  const config = join(scratch, 'wrangler.toml');
  const top = read('wrangler.toml').replace('src/index.ts', resolve('src/index.ts'));
  writeFileSync(config, `${above}\n${top}\n${below}`);
  const production = unstable_readConfig({ config }, { hideWarnings: true });
  const staging = unstable_readConfig({ config, env: 'staging' }, { hideWarnings: true });
  expect(production.routes).toEqual([{ pattern: 'tracewright.example.org', custom_domain: true }]);
  expect(staging.routes).toEqual([{ pattern: 'tracewright.staging.example.org', custom_domain: true }]);
  expect(staging.kv_namespaces).toMatchObject([{ binding: 'POLICY_SETS' }]);
  expect(staging.durable_objects).toEqual(production.durable_objects);
  expect(staging.ratelimits).toMatchObject([{ name: 'RATE_LIMITER' }]);
  expect(production.ratelimits).toHaveLength(1);
  expect(Object.keys(staging.vars ?? {})).toEqual(expect.arrayContaining(Object.keys(production.vars ?? {})));
});

/** Whether this machine has a command. */
function installed(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`]);
    return true;
  } catch {
    return false;
  }
}

describe('what a page shows of a terminal', () => {
  /** A folder like a checkout, whose policies may be changed. */
  const checkout = join(scratch, 'checkout');
  const real = ['curl', 'jq'].every(installed);
  let worker: LocalWorker;
  let url: string;

  beforeAll(async () => {
    mkdirSync(checkout);
    for (const name of ['src', 'node_modules', 'examples', 'test', 'package.json'])
      symlinkSync(resolve(name), join(checkout, name));
    cpSync('policies', join(checkout, 'policies'), { recursive: true });
    worker = await startWorker(join(scratch, 'state'), {
      LOCAL_DEVELOPMENT: 'on',
      API_KEYS: 'on',
      ATTESTATION_KEY: JSON.stringify(await newSigningKey()),
    });
    url = String(await worker.url).replace(/\/$/, '');
    const { code, said } = await run('npm run -s policies -- push --create --activate');
    expect({ code, said }).toMatchObject({ code: 0 });
  });
  afterAll(() => worker.dispose());

  /** Runs what stands after a prompt; says what a terminal would show. */
  function run(command: string): Promise<{ code: number; said: string }> {
    // The stand-ins are for machines without the tools.
    const tools = real ? [] : [resolve('test/support/bin')];
    return new Promise((done) =>
      execFile(
        'sh',
        ['-c', `exec 2>&1; ${command.replaceAll('http://127.0.0.1:8787', url)}`],
        {
          cwd: checkout,
          env: {
            ...process.env,
            NO_COLOR: '1',
            PATH: [...tools, process.env.PATH].join(delimiter),
            TRACEWRIGHT_URL: url,
            TRACEWRIGHT_TOKEN: ADMIN_KEY,
          },
        },
        (error, said) => done({ code: Number(error?.code ?? 0), said }),
      ),
    );
  }

  /** The commands of a page, each with what stands below it. */
  function commandsOf(page: string): { command: string; output: string[] }[] {
    const blocks = [...read(page).matchAll(/```console\n(.*?)```/gs)].map(([, block = '']) => block);
    const shown: { command: string; output: string[] }[] = [];
    let open = false;
    for (const line of blocks.flatMap((block) => block.trimEnd().split('\n'))) {
      const last = shown.at(-1);
      if (line.startsWith('$ ')) shown.push({ command: line.slice(2), output: [] });
      else if (open && last !== undefined) last.command += `\n${line}`;
      else last?.output.push(line);
      open = (open || line.startsWith('$ ')) && /[\\|]$/.test(line);
    }
    return shown;
  }

  test.each([
    { page: 'README.md', least: 12 },
    { page: 'docs/use-it-from.md', least: 7 },
  ])('$page: it is what comes out, one command after the other', async ({ page, least }) => {
    const shown = commandsOf(page);
    expect(shown.length).toBeGreaterThanOrEqual(least);
    for (const { command, output } of shown) {
      // There is no cluster here, and the stand-in for jq reads no other files.
      if (command.includes('kubectl') || (!real && command.includes('--slurpfile'))) continue;
      const { said } = await run(command);
      expect(said.trimEnd(), command).toMatch(patternOf(output));
    }
  });

  /** What is shown as a pattern: `…` stands for something, in a line of its own for any lines. */
  function patternOf(output: readonly string[]): RegExp {
    const text = output.join('\n').trimEnd();
    const escaped = text
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\n\s*…(?=\n|$)/g, '(?:\\n[^\\n]*)*')
      .replaceAll('…', '[^\\n]*')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\\\.\d{3}Z/g, '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z');
    return new RegExp(`^${escaped}$`);
  }
});

test('the README names its own files only', () => {
  const Names = z.array(z.string());
  const names = Names.parse([...readme.matchAll(/@((?:examples|test)\/[\w./-]+)/g)].map(([, name]) => name));
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) expect(existsSync(name), name).toBe(true);
});
