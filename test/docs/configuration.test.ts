import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { PROBLEMS } from '../../src/http/problem-codes.ts';
import { codesOf, read, tableOf } from './pages.ts';

const MANAGEMENT_SET = 'management';

const scratch = mkdtempSync(join(tmpdir(), 'tracewright-docs-'));
afterAll(() => rmSync(scratch, { recursive: true }));

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

test('docs/deploy.md tells to watch for problems and operations that there are', () => {
  const operations = Object.values(openapi.paths)
    .flatMap((methods): object[] => Object.values(methods))
    .flatMap((operation) => ('operationId' in operation ? [operation.operationId] : []));
  const watched = tableOf('docs/deploy.md', 'Logs and alerts');
  expect(watched.length).toBeGreaterThan(5);
  for (const [what] of watched) {
    const [kind, ...names] = codesOf(what);
    if (kind === 'problem') for (const name of names) expect(Object.keys(PROBLEMS)).toContain(name);
    if (kind === 'operation')
      for (const name of names.filter((each) => each !== MANAGEMENT_SET)) expect(operations).toContain(name);
  }
});
