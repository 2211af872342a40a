import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSigningKey } from '../../src/provenance/new-signing-key.ts';
import { ADMIN_KEY } from '../support/credentials.ts';
import { installed } from '../support/installed.ts';
import { type LocalWorker, startWorker } from '../support/local-worker.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tracewright-transcripts-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const read = (file: string): string => readFileSync(file, 'utf8');

/**
 * The pages that show a terminal, and how many commands each has at least. The pages of a group share one
 * checkout and one Worker, in this order: what a page publishes, the pages after it see.
 */
const GROUPS: readonly (readonly (readonly [page: string, least: number])[])[] = [
  [
    ['docs/workloads.md', 2],
    ['docs/outputs.md', 3],
    ['docs/overrides.md', 2],
    ['docs/use-it-from.md', 5],
    ['docs/security.md', 1],
    ['docs/explain.md', 2],
    ['README.md', 6],
  ],
  [['docs/policy-sets.md', 8]],
  [['docs/learn.md', 5]],
];

/** What a page shows of a terminal. */
const consolesOf = (page: string): string[] =>
  [...read(page).matchAll(/```console\n(.*?)```/gs)].map(([, block = '']) => block);

test('every page that shows a terminal is tried', () => {
  const docs = readdirSync('docs').filter((name) => name.endsWith('.md'));
  const pages = ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => `docs/${name}`)];
  expect(
    GROUPS.flat()
      .map(([page]) => page)
      .sort(),
  ).toEqual(pages.filter((page) => consolesOf(page).length > 0).sort());
});

describe.each(GROUPS.map((group) => ({ group })))('what pages show of a terminal', ({ group }) => {
  /** A folder like a checkout, whose policies may be changed. */
  const folder = mkdtempSync(join(scratch, 'group-'));
  const checkout = join(folder, 'checkout');
  const real = ['curl', 'jq'].every(installed);
  let worker: LocalWorker;
  let url: string;

  beforeAll(async () => {
    mkdirSync(checkout);
    for (const name of ['src', 'node_modules', 'examples', 'test', 'package.json'])
      symlinkSync(resolve(name), join(checkout, name));
    cpSync('policies', join(checkout, 'policies'), { recursive: true });
    worker = await startWorker(join(folder, 'state'), {
      LOCAL_DEVELOPMENT: 'on',
      API_KEYS: 'on',
      ATTESTATION_KEY: JSON.stringify(await newSigningKey()),
    });
    url = worker.url.replace(/\/$/, '');
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
    const shown: { command: string; output: string[] }[] = [];
    let open = false;
    for (const line of consolesOf(page).flatMap((block) => block.trimEnd().split('\n'))) {
      const last = shown.at(-1);
      if (line.startsWith('$ ')) shown.push({ command: line.slice(2), output: [] });
      else if (open && last !== undefined) last.command += `\n${line}`;
      else last?.output.push(line);
      open = (open || line.startsWith('$ ')) && /[\\|]$/.test(line);
    }
    return shown;
  }

  test.each(group)('%s: it is what comes out, one command after the other', async (page, least) => {
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
