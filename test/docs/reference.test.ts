import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { SCOPES } from '../../src/access/api-keys.ts';
import { SettingsSchema } from '../../src/access/settings.ts';
import { NOTICE_CODES } from '../../src/compiler/model/faults.ts';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import {
  CONTAINER_OVERRIDES,
  overrideCategory,
  POD_OVERRIDES,
  PROFILE_OVERRIDES,
} from '../../src/compiler/model/override.ts';
import { WORKLOAD_KINDS } from '../../src/compiler/model/workload.ts';
import { KIND_NAMES } from '../../src/compiler/read/read-objects.ts';
import { OVERRIDE_RULES } from '../../src/outputs/rules.ts';
import { codesOf, namesIn, read, sectionOf, tableOf } from './pages.ts';

const PropertySchema = z.looseObject({
  enum: z.array(z.string()).optional(),
  type: z.string().optional(),
  default: z.unknown().optional(),
  items: z.looseObject({ enum: z.array(z.string()).optional() }).optional(),
});

/** The values of an option as a table lists them: the default first. */
function shownValues(schema: unknown): string[] {
  const { enum: values, type, default: usual, items } = PropertySchema.parse(schema);
  if (type === 'boolean') return usual === true ? ['true', 'false'] : ['false', 'true'];
  if (usual === undefined) return values ?? [];
  const first = [usual].flat().map(String);
  return [...first, ...(items === undefined ? (values ?? []) : []).filter((value) => !first.includes(value))];
}

describe('docs/options.md', () => {
  const { parameters } = openapi.paths['/compile'].post;

  test('has every query parameter of /compile, and no other', () => {
    expect(namesOf(tableOf('docs/options.md', 'Compile')).sort()).toEqual(
      parameters.map(({ name }) => name).sort(),
    );
  });

  test.each(parameters)('has the values of $name, the default first', ({ name, schema }) => {
    const [, values] = tableOf('docs/options.md', 'Compile').find(([cell]) => cell === `\`${name}\``) ?? [];
    // Without the parameter the answer is JSON, unless a header asks for another; the other outputs have a page.
    const expected = name === 'output' ? ['json'] : shownValues(schema);
    expect(codesOf(values)).toEqual(expected);
  });

  test('has the layouts', () => {
    const layout = parameters.find(({ name }) => name === 'layout');
    expect(namesIn('docs/options.md', 'Layouts')).toEqual(shownValues(layout?.schema));
  });

  test('has every option of the baseline, with its values', () => {
    const { properties } = openapi.components.schemas.BaselineOptions;
    const rows = tableOf('docs/options.md', 'Baseline');
    expect(namesOf(rows).sort()).toEqual(Object.keys(properties).sort());
    const { blockModuleAutoload: _, ...usual } = properties;
    for (const [name, schema] of Object.entries(usual)) {
      const [, values] = rows.find(([cell]) => cell === `\`${name}\``) ?? [];
      expect(codesOf(values), name).toEqual(shownValues(schema));
    }
  });
});

/** The code in the first cell of each row. */
function namesOf(rows: readonly string[][]): string[] {
  return rows.flatMap(([first]) => codesOf(first));
}

describe('docs/outputs.md', () => {
  test('has every output, and a media type that answers have', () => {
    const { parameters, responses } = openapi.paths['/compile'].post;
    const schema = parameters.find(({ name }) => name === 'output')?.schema;
    expect(namesIn('docs/outputs.md', 'Outputs')).toEqual(PropertySchema.parse(schema).enum);
    const types = Object.keys(responses['200'].content);
    const shown = tableOf('docs/outputs.md', 'Outputs').flatMap(([, type]) => codesOf(type));
    expect(shown).toEqual(expect.arrayContaining(types));
    expect(shown).toHaveLength(namesIn('docs/outputs.md', 'Outputs').length);
  });

  test('has every field of the JSON answer', () => {
    const fields = Object.keys(openapi.components.schemas.Compilation.properties);
    expect(namesIn('docs/outputs.md', 'The JSON answer').sort()).toEqual(fields.sort());
  });
});

describe('docs/workloads.md', () => {
  test('has every kind that is compiled, and what Cedar calls it', () => {
    const rows = tableOf('docs/workloads.md', 'Kinds').map((cells) => cells.flatMap(codesOf));
    const kinds = rows.map(([kind, apiVersion]) => `${apiVersion} ${kind}`);
    expect(kinds.sort()).toEqual(KIND_NAMES.map(([apiVersion, kind]) => `${apiVersion} ${kind}`).sort());
    expect(new Set(rows.map(([, , principal]) => principal))).toEqual(new Set(WORKLOAD_KINDS));
  });
});

describe('docs/overrides.md', () => {
  const rows = tableOf('docs/overrides.md', 'What a workload asks for');

  test('has every override, with its category', () => {
    const EXAMPLES: Readonly<Record<string, string>> = {
      '<path>': '/usr/bin/curl',
      '<CAP>': 'NET_ADMIN',
      '<type>': 'spc_t',
      '<user>': 'system_u',
      '<role>': 'system_r',
      '<group>': 'argoproj.io',
      '<kind>': 'Rollout',
    };
    for (const [override, category] of rows) {
      const id = codesOf(override)[0]?.replaceAll(/<\w+>/g, (each) => EXAMPLES[each] ?? each) ?? '';
      expect(overrideCategory(id), id).toBe(codesOf(category)[0]);
    }
    const shown = namesOf(rows);
    for (const id of [...CONTAINER_OVERRIDES, ...POD_OVERRIDES, ...PROFILE_OVERRIDES])
      expect(shown).toContain(id);
    const rules = new Set(shown.map((id) => id.split(':', 1)[0] ?? ''));
    expect([...rules].sort()).toEqual(Object.keys(OVERRIDE_RULES).sort());
  });

  test('has every reason of a denial', () => {
    const { reason } = openapi.components.schemas.Decision.properties;
    const { enum: reasons = [] } = PropertySchema.parse(reason);
    expect(namesIn('docs/overrides.md', 'Denials').sort()).toEqual([...reasons].sort());
  });
});

test('docs/cedar-schemas.md has the schemas that decide', () => {
  // Each may explain them in its own words.
  const bare = (text: string): string =>
    text
      .replace(/^ *\/\/.*\n/gm, '')
      .replace(/\n{2,}/g, '\n')
      .trim();
  const shown = [...read('docs/cedar-schemas.md').matchAll(/```cedarschema\n(.*?)```/gs)];
  const files = ['src/cedar/lattice.cedarschema', 'src/cedar/tracewright.cedarschema'];
  expect(shown.map(([, text = '']) => bare(text))).toEqual(files.map((file) => bare(read(file))));
});

test('docs/notices.md tells of every notice what the code says of it, and what to do', () => {
  const rows = tableOf('docs/notices.md', 'Notices');
  expect(rows.map(([code, level, meaning]) => [code, level, meaning])).toEqual(
    Object.entries(NOTICE_CODES).map(([code, { level, meaning }]) => [`\`${code}\``, level, meaning]),
  );
  for (const [code, , , advice] of rows) expect(advice, code).toMatch(/^\S.*\.$/);
});

describe('docs/limits.md', () => {
  test.each(Object.entries(LIMITS))('tells the limit %s: %i', (name, value) => {
    const rows = read('docs/limits.md')
      .split('\n')
      .filter((line) => line.startsWith(`| \`${name}\``));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.replaceAll(',', '')).toMatch(new RegExp(`\\| *${value} *\\|`));
  });

  test('has no other limit', () => {
    expect(namesIn('docs/limits.md', 'Limits').sort()).toEqual(Object.keys(LIMITS).sort());
  });

  test('tells the rate that is configured', () => {
    const [, limit, period] =
      /simple = \{ limit = (\d+), period = (\d+) \}/.exec(read('wrangler.toml')) ?? [];
    const section = sectionOf('docs/limits.md', 'Requests per caller');
    expect(section).toContain(`${limit} in ${period} seconds`);
    expect(section).toContain(`RateLimit-Policy: "caller";q=${limit};w=${period}`);
    expect(section).toContain(`t=${period}`);
  });
});

describe('docs/settings.md', () => {
  test('has every setting of the Worker, with its default', () => {
    const rows = tableOf('docs/settings.md', 'Settings of the Worker');
    expect(namesOf(rows).sort()).toEqual(Object.keys(SettingsSchema.shape).sort());
    const usual = SettingsSchema.parse({});
    for (const [name, shown] of rows) {
      const [setting = ''] = codesOf(name);
      const given = shown === 'none' ? {} : { [setting]: codesOf(shown)[0] };
      expect(SettingsSchema.parse(given), setting).toEqual(usual);
    }
  });

  test('has the default of none only where there is nothing to give', () => {
    const usual: Readonly<Record<string, unknown>> = SettingsSchema.parse({});
    for (const [name, shown] of tableOf('docs/settings.md', 'Settings of the Worker'))
      if (shown === 'none') expect([undefined, []]).toContainEqual(usual[codesOf(name)[0] ?? '']);
  });

  test('has every binding of wrangler.toml', () => {
    const bindings = [...read('wrangler.toml').matchAll(/\b(?:binding|name) = "([A-Z_]+)"/g)];
    expect(namesIn('docs/settings.md', 'Bindings of the Worker').sort()).toEqual(
      bindings.map(([, name = '']) => name).sort(),
    );
  });

  test('has every option of npm start', () => {
    const usage = execFileSync('npm', ['start', '--silent', '--', '--help'], { encoding: 'utf8' });
    const options = [...usage.matchAll(/^ {2}(--.+?) {2,}/gm)].map(([, option = '']) => option);
    expect(namesIn('docs/settings.md', 'The local server')).toEqual(options);
    for (const [option, usual] of tableOf('docs/settings.md', 'The local server')) {
      const [, said] = new RegExp(`${codesOf(option)[0]} .*?\\(default: (.+?)\\)`).exec(usage) ?? [];
      const [, kept] = new RegExp(`${codesOf(option)[0]} .*\\(default: (.+?)\\);`).exec(usage) ?? [];
      if (said !== undefined) expect(codesOf(usual)[0], option).toBe(kept ?? said);
    }
  });

  test('has every variable that the commands read', () => {
    const files = readdirSync('src/cli', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const named = files.flatMap((name) => [
      ...read(join('src/cli', name)).matchAll(/\bTRACEWRIGHT_[A-Z]+\b/g),
    ]);
    expect(namesIn('docs/settings.md', 'Environment variables of the commands').sort()).toEqual(
      [...new Set(named.map(([name]) => name))].sort(),
    );
  });

  test('has every setting of a policy set', () => {
    const { properties } = openapi.components.schemas.PolicySetSettings;
    expect(namesIn('docs/settings.md', 'Settings of a policy set')).toEqual(Object.keys(properties));
  });
});

/** The operations of a table of requests, as `GET /keys`: a row may name several methods of one path. */
function operationsIn(page: string, heading: string): string[] {
  return namesIn(page, heading).reduceRight<{ path: string; found: string[] }>(
    ({ path, found }, code) => {
      const [method = '', own = path] = code.split(' ');
      return { path: own, found: [...found, `${method} ${own}`] };
    },
    { path: '', found: [] },
  ).found;
}

function operationsBelow(prefix: string): string[] {
  return Object.entries(openapi.paths)
    .filter(([path]) => path === prefix || path.startsWith(`${prefix}/`))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
}

describe('docs/policy-sets.md', () => {
  test('has every operation of policy sets', () => {
    expect(operationsIn('docs/policy-sets.md', 'The API').sort()).toEqual(
      operationsBelow('/policy-sets').sort(),
    );
  });

  test('has every command, and every exit code', () => {
    const usage = execFileSync('npm', ['run', '-s', 'policies', '--', '--help'], { encoding: 'utf8' });
    const [, list = '', after = ''] = usage.split('\n\n');
    const commands = [...list.matchAll(/^ {2}([a-z]+(?: [a-z]+)*(?: <[a-z]+>)*) {2,}/gm)];
    expect(after).toContain('--help');
    expect(commands.length).toBeGreaterThan(15);
    // The heading is above two tables: that of the commands, and that of the exit codes.
    const rows = tableOf('docs/policy-sets.md', 'Commands');
    expect(namesOf(rows).sort()).toEqual(commands.map(([, command = '']) => command).sort());
    const codes = [...usage.matchAll(/^ {2}(\d) {2}/gm)].map(([, code = '']) => code);
    expect(rows.map(([first = '']) => first).filter((first) => /^\d$/.test(first))).toEqual(codes);
  });
});

describe('docs/security.md', () => {
  test('has every operation of keys and callers', () => {
    expect(
      operationsIn('docs/security.md', 'API keys')
        .filter((each) => each.includes('/'))
        .sort(),
    ).toEqual([...operationsBelow('/keys'), ...operationsBelow('/caller')].sort());
  });

  test('has every scope', () => {
    expect(
      namesIn('docs/security.md', 'API keys')
        .filter((name) => !/^[A-Z]/.test(name))
        .sort(),
    ).toEqual([...SCOPES].sort());
  });

  test('has every action that policies decide about', () => {
    const schema = read('src/cedar/tracewright.cedarschema');
    const actions = [...schema.matchAll(/^ {2}action (.+?) appliesTo/gm)].flatMap(([, names = '']) =>
      names.split(', '),
    );
    expect(namesIn('docs/security.md', 'What a caller may do').sort()).toEqual(actions.sort());
  });

  test('has fields of an issuer that are read, and no other', () => {
    const values: Readonly<Record<string, unknown>> = {
      issuer: 'https://ci.example',
      audience: ['tracewright'],
      jwksUri: 'https://ci.example/jwks',
      jwks: { keys: [{ kty: 'RSA' }] },
      algorithms: ['RS256'],
      personClaim: 'sub',
      nameClaim: 'name',
    };
    const names = namesOf(tableOf('docs/security.md', 'Tokens of CI systems').map(([field = '']) => [field]));
    expect(names.sort()).toEqual(Object.keys(values).sort());
    const isRead = (issuer: object): boolean =>
      SettingsSchema.safeParse({ OIDC_ISSUERS: JSON.stringify([issuer]) }).success;
    // An issuer has one of the two.
    const { jwks, jwksUri, ...others } = values;
    expect(isRead({ ...others, jwks })).toBe(true);
    expect(isRead({ ...others, jwksUri })).toBe(true);
    expect(isRead({ ...others, jwksUri, keys: [] })).toBe(false);
  });
});

describe('docs/manifests.md', () => {
  const golden = readdirSync('test/golden').map((name) => `test/golden/${name}`);
  const HookSchema = z.looseObject({
    metadata: z.looseObject({ name: z.string() }),
    spec: z.looseObject({ kprobes: z.array(z.looseObject({ call: z.string(), tags: z.array(z.string()) })) }),
  });
  const hooks = golden
    .flatMap((file) => parseAllDocuments(read(file)).map((document) => HookSchema.parse(document.toJS())))
    .flatMap(({ metadata, spec }) =>
      spec.kprobes.map(({ call, tags }) => ({ name: metadata.name, call, tags })),
    );

  test.each(['allow-binaries', 'block-rootfs-write', 'block-setuid', 'block-capset'])(
    'has every hook of %s',
    (policy) => {
      let current = '';
      const shown = tableOf('docs/manifests.md', 'The policies').flatMap(([name, calls]) => {
        current = codesOf(name)[0] ?? current;
        return current === policy ? codesOf(calls) : [];
      });
      const emitted = hooks.filter(({ tags }) => tags.includes(policy)).map(({ call }) => call);
      expect(new Set(shown.filter((call) => call.includes('_')))).toEqual(new Set(emitted));
    },
  );

  test('has every hook of the baseline', () => {
    const shown = tableOf('docs/manifests.md', 'The policies').flatMap(([, calls]) => codesOf(calls));
    const emitted = hooks.filter(({ name }) => name === 'lattice-baseline-runtime').map(({ call }) => call);
    expect(emitted.length).toBeGreaterThan(10);
    expect(shown).toEqual(expect.arrayContaining(emitted));
  });
});

describe('CONTRIBUTING.md', () => {
  const { scripts } = z
    .looseObject({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read('package.json')));

  test('has every command of package.json', () => {
    const shown = namesIn('CONTRIBUTING.md', 'Commands').map((command) => command.split(' ').at(-1));
    expect(['start', ...shown].sort()).toEqual(Object.keys(scripts).sort());
  });

  test('has every folder of the source, and only folders that there are', () => {
    const shown = namesIn('CONTRIBUTING.md', 'Where things are');
    for (const name of shown) expect(existsSync(name), name).toBe(true);
    const rooms = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(shown.filter((name) => name.startsWith('src/')).sort()).toEqual(
      rooms.map(({ name }) => `src/${name}`).sort(),
    );
  });

  test('has every project of the tests', async () => {
    const config = z
      .looseObject({ test: z.looseObject({ projects: z.array(z.looseObject({ test: ProjectSchema })) }) })
      .parse((await import('../../vitest.config.ts')).default);
    expect(
      namesIn('CONTRIBUTING.md', 'Tests')
        .filter((name) => !name.includes('/'))
        .sort(),
    ).toEqual(config.test.projects.map(({ test: { name } }) => name).sort());
  });
});

const ProjectSchema = z.looseObject({ name: z.string() });
