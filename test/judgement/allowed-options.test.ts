import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CompileOptionsSchema, DEFAULT_OPTIONS, effectiveOptions } from '../../src/compiler/model/options.ts';
import { create, permit, point, published, write } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { postJson, problem, send } from '../support/worker.ts';

/** Every option of a compilation, with its default and another value. */
const OPTIONS = Object.entries(CompileOptionsSchema.shape).map(([name, schema]) => {
  const usual = [Object.entries(effectiveOptions(DEFAULT_OPTIONS)).find(([each]) => each === name)?.[1]]
    .flat()
    .map(String);
  const { type, ...more } = z
    .looseObject({ type: z.string(), enum: z.array(z.string()).default(['0x9123683e']) })
    .parse(z.toJSONSchema(schema, { io: 'input' }));
  const values = type === 'boolean' ? ['true', 'false'] : more.enum;
  return { name, usual, other: values.find((value) => !usual.includes(value)) ?? '' };
});

const web = service([app({ readOnlyRootFilesystem: true })]);
const list = (functionConfig?: object) => ({
  apiVersion: 'config.kubernetes.io/v1',
  kind: 'ResourceList',
  items: [web],
  ...(functionConfig === undefined ? {} : { functionConfig }),
});

/** Makes a set whose active version allows these options. */
async function allow(name: string, options: object): Promise<void> {
  await create(name);
  const content = { policies: { a: permit('a') }, settings: { options } };
  await published(await write('POST', `/policy-sets/${name}/versions`, content));
  await point(name, 1);
}

describe.each(OPTIONS)('the option $name', ({ name, usual, other }) => {
  const set = `allows-${name.toLowerCase()}`;
  beforeAll(() => allow(set, { [name]: usual }));

  test.each<[string, () => Promise<Response>]>([
    ['to a compilation', () => postJson(`/compile?policySet=${set}&${name}=${other}`, web)],
    ['to a stream', () => postJson(`/compile?policySet=${set}&output=ndjson&${name}=${other}`, web)],
    ['to a report', () => postJson(`/compile?policySet=${set}&output=sarif&${name}=${other}`, web)],
    ['to an attestation', () => postJson(`/compile?policySet=${set}&attest=true&${name}=${other}`, web)],
    ['to a KRM function', () => postJson(`/krm?policySet=${set}&${name}=${other}`, list())],
    [
      'to the configuration of a KRM function',
      () => postJson(`/krm?policySet=${set}`, list({ kind: 'ConfigMap', data: { [name]: other } })),
    ],
  ])('has no other value when the set says so: %s', async (_, ask) => {
    const { option, policySet, detail } = await problem(await ask(), 'option-forbidden');
    expect(option).toEqual({ option: name, value: other, allowed: usual });
    expect(policySet).toMatchObject({ name: set, version: 1 });
    expect(detail).toContain(`does not allow ${name}=${other}`);
  });

  test('has its default, left out or said', async () => {
    expect((await postJson(`/compile?policySet=${set}`, web)).status).toBe(200);
    expect((await postJson(`/compile?policySet=${set}&${name}=${usual[0]}`, web)).status).toBe(200);
    expect((await postJson(`/krm?policySet=${set}`, list())).status).toBe(200);
  });

  test('has any value where the set does not speak of it', async () => {
    const free = `free-${name.toLowerCase()}`;
    const others = OPTIONS.filter((each) => each.name !== name);
    await allow(free, Object.fromEntries(others.map((each) => [each.name, each.usual])));
    expect((await postJson(`/compile?policySet=${free}&${name}=${other}`, web)).status).toBe(200);
  });
});

test('a default that is not allowed is refused too: nobody gets it by saying nothing', async () => {
  await allow('monitored', { mode: ['monitor'] });
  const { option } = await problem(await postJson('/compile?policySet=monitored', web), 'option-forbidden');
  expect(option).toEqual({ option: 'mode', value: 'enforce', allowed: ['monitor'] });
  expect((await postJson('/compile?policySet=monitored&mode=monitor', web)).status).toBe(200);
});

test('each filesystem of a list must be allowed, however its number is written', async () => {
  await allow('filesystems', { rootfsMagic: ['0x794C7630', '2435016766'] });
  const ask = (magic: string) => postJson(`/compile?policySet=filesystems&rootfsMagic=${magic}`, web);
  expect((await ask('2035054128')).status).toBe(200);
  expect((await ask('0x794c7630,0x9123683E')).status).toBe(200);
  const { option } = await problem(await ask('0x794c7630,0xef53'), 'option-forbidden');
  expect(option?.value).toBe('0xef53');
});

test.each<[string, object, string, RegExp]>([
  ['an option that there is not', { options: { mod: ['enforce'] } }, '/settings/options', /mod/],
  ['a value that there is not', { options: { mode: ['watch'] } }, '/settings/options/mode/0', /option mode/],
  ['no filesystem', { options: { rootfsMagic: ['ext4'] } }, '/settings/options/rootfsMagic/0', /magic/],
  ['no value at all', { options: { mode: [] } }, '/settings/options/mode', /./],
  ['one value for a list', { options: { mode: 'enforce' } }, '/settings/options/mode', /./],
])('a version with %s is refused', async (_, settings, pointer, message) => {
  await write('POST', '/policy-sets', { name: 'refused-options' });
  const { faults } = await problem(
    await write('POST', '/policy-sets/refused-options/versions:check', {
      policies: { a: permit('a') },
      settings,
    }),
    'invalid-request',
  );
  expect(faults?.map((fault) => fault.pointer?.replace(/\/mod$/, ''))).toEqual([pointer]);
  expect(faults?.[0]?.message).toMatch(message);
});

test('what a version allows is part of it', async () => {
  await allow('told', { mode: ['enforce'] });
  expect(await (await send('/policy-sets/told/versions/1')).json()).toMatchObject({
    content: { settings: { authorizeEntrypoints: false, options: { mode: ['enforce'] } } },
  });
  // One that allows something else is another version.
  const more = { policies: { a: permit('a') }, settings: { options: { mode: ['enforce', 'monitor'] } } };
  expect((await published(await write('POST', '/policy-sets/told/versions', more))).version).toBe(2);
});
