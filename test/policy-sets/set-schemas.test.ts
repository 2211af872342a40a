import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CreatedApiKeySchema } from '../../src/access/key-schemas.ts';
import { LATTICE, TRACEWRIGHT } from '../../src/cedar/languages.ts';
import lattice from '../../src/cedar/lattice.cedarschema';
import tracewright from '../../src/cedar/tracewright.cedarschema';
import { schemaProblems } from '../../src/cedar/validation/check-schema.ts';
import { DecisionSchema } from '../../src/http/decision-schema.ts';
import { VersionRequestSchema } from '../../src/policy-sets/version-schemas.ts';
import actionGroup from '../fixtures/permits/a-action-group.json?raw';
import entityReference from '../fixtures/permits/b-entity-reference.json?raw';
import extension from '../fixtures/permits/c-extension.json?raw';
import labelsOverTags from '../fixtures/permits/labels-over-tags.json?raw';
import largeIntegers from '../fixtures/permits/large-integers.json?raw';
import management from '../fixtures/permits/management.json?raw';
import { create, point, published, publishText, write } from '../support/policy-sets.ts';
import { app, service } from '../support/services.ts';
import { postJson, problem, send, sendAs, publish as storeVersion } from '../support/worker.ts';

let count = 0;

/** Creates a set, publishes a version of it, and makes that the active one. */
async function activate(version: unknown, name = `set-${count++}`): Promise<string> {
  await create(name);
  await published(await write('POST', `/policy-sets/${name}/versions`, version));
  await point(name, 1);
  return name;
}

const PRINCIPAL = { namespace: 'shop', name: 'web' };

/** The decision about an override, and the policies that made it. */
async function decided(set: string, override = 'hostPID', principal: object = PRINCIPAL): Promise<string> {
  const response = await postJson(`/authorize?policySet=${set}`, { principal, overrides: [override] });
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(/^200 /);
  const { decisions } = z.object({ decisions: z.array(DecisionSchema) }).parse(JSON.parse(text));
  return decisions.map((each) => `${each.decision} ${each.policies.map(({ id }) => id)}`).join('; ');
}

describe('a set is decided as its schema reads it', () => {
  test.each([
    ['an action group', actionGroup, 'no-risky'],
    ['an entity reference', entityReference, 'red-is-frozen'],
    ['an extension value', extension, 'not-from-there'],
  ])('%s', async (_, version, forbid) => {
    const set = await activate(JSON.parse(version));
    expect(await decided(set)).toBe(`deny ${forbid}`);
    expect(
      await decided(set, forbid === 'no-risky' ? 'hostIPC' : 'hostPID', { namespace: 'shop', name: 'api' }),
    ).toBe('allow allow');
  });

  const SERVICE_END = 'labels: Set<Label>,\n';
  const schemaWith = (attributes: string, more = ''): string =>
    lattice
      .replace(SERVICE_END, `${SERVICE_END}${attributes}\n`)
      .replace('namespace Lattice {', `namespace Lattice {\n${more}`);
  const TEAM = 'entity Team in [Team] = { frozen: Bool, net?: ipaddr };';

  test.each([
    ['a decimal', 'cost?: decimal,', '', { cost: '1.50' }, 'principal.cost == decimal("1.5")'],
    [
      'an instant',
      'since?: datetime,',
      '',
      { since: '2024-01-01' },
      'principal.since < datetime("2024-01-02")',
    ],
    ['a duration', 'age?: duration,', '', { age: '90m' }, 'principal.age == duration("1h30m")'],
    [
      'a call of an extension function',
      'net?: __cedar::ipaddr,',
      '',
      { net: { fn: 'ip', arg: '10.0.0.0/8' } },
      'ip("10.1.2.3").isInRange(principal.net)',
    ],
    [
      'a set of references',
      'teams?: Set<Team>,',
      TEAM,
      { teams: [{ type: 'Lattice::Team', id: 'red' }] },
      'principal.teams.contains(Lattice::Team::"red")',
    ],
    [
      'a record in a type of its own',
      'where?: Where,',
      `${TEAM} type Net = ipaddr; type Where = { nets: Set<Net>, by: { team: Team } };`,
      { where: { nets: ['10.0.0.1', '::1'], by: { team: { type: 'Lattice::Team', id: 'red' } } } },
      'principal.where.nets.contains(ip("10.0.0.1")) && principal.where.by.team.frozen',
    ],
    [
      'what a reference leads to',
      'team?: Team,',
      TEAM,
      { team: { type: 'Lattice::Team', id: 'red' } },
      'principal.team has net && principal.team.net.isIpv4()',
    ],
    [
      'an entity of a type that lists its ids',
      'color?: Color,',
      'entity Color enum ["red", "blue"];',
      { color: { type: 'Lattice::Color', id: 'red' } },
      'principal.color == Lattice::Color::"red"',
    ],
    [
      'a type that has the name of one of Cedar',
      'net?: ipaddr,',
      'type ipaddr = { address: __cedar::ipaddr };',
      { net: { address: '10.0.0.1' } },
      'principal.net.address == ip("10.0.0.1")',
    ],
  ])('%s', async (_, attributes, types, attrs, condition) => {
    const [name = ''] = attributes.split('?');
    const set = await activate({
      policies: {
        allow: 'permit (principal, action, resource);',
        forbid: `forbid (principal, action, resource) when { principal has ${name} && ${condition} };`,
      },
      schema: schemaWith(attributes, types),
      entities: [
        { uid: { type: 'Lattice::Service', id: 'shop/web' }, attrs },
        ...(types.includes('entity Team')
          ? [{ uid: { type: 'Lattice::Team', id: 'red' }, attrs: { frozen: true, net: '10.0.0.1' } }]
          : []),
      ],
    });
    expect(await decided(set)).toBe('deny forbid');
    expect(await decided(set, 'hostPID', { namespace: 'shop', name: 'api' })).toBe('allow allow');
  });

  test('tags of a type', async () => {
    const set = await activate({
      policies: {
        allow: 'permit (principal, action, resource);',
        forbid:
          'forbid (principal in Lattice::Team::"red", action, resource) when { Lattice::Team::"red".hasTag("vpn") && Lattice::Team::"red".getTag("vpn").contains(ip("10.0.0.1")) };',
      },
      schema: lattice
        .replace('entity Service in [Namespace]', 'entity Service in [Namespace, Team]')
        .replace('namespace Lattice {', 'namespace Lattice {\nentity Team tags Set<ipaddr>;'),
      entities: [
        {
          uid: { type: 'Lattice::Service', id: 'shop/web' },
          parents: [{ type: 'Lattice::Team', id: 'red' }],
        },
        { uid: { type: 'Lattice::Team', id: 'red' }, tags: { vpn: ['10.0.0.1'] } },
      ],
    });
    expect(await decided(set)).toBe('deny forbid');
  });

  test('groups of groups of actions, in every way to ask for them', async () => {
    const GROUPS =
      'action Any; action Risky in [Any]; action Other in [Any];\n  action OverrideSecurity in [Risky]';
    const scoped = (scope: string, when = ''): string => `permit (principal, ${scope}, resource) ${when};`;
    const set = await activate({
      policies: {
        any: scoped('action in Lattice::Action::"Any"'),
        risky: scoped('action in [Lattice::Action::"Other", Lattice::Action::"Risky"]'),
        condition: scoped('action', 'when { action in Lattice::Action::"Any" }'),
        nested: scoped('action', 'when { principal.name like "*" && action in [Lattice::Action::"Any"] }'),
        not: scoped('action', 'unless { action in Lattice::Action::"Other" }'),
        other: scoped('action in Lattice::Action::"Other"'),
        group: scoped('action', 'when { Lattice::Action::"Risky" in Lattice::Action::"Any" }'),
      },
      schema: lattice.replace('action OverrideSecurity', GROUPS),
    });
    expect(await decided(set)).toBe('allow any,condition,group,nested,not,risky');
  });

  test('its own tests are decided likewise', async () => {
    const name = `set-${count++}`;
    await create(name);
    const version = z.record(z.string(), z.unknown()).parse(JSON.parse(entityReference));
    const expecting = (decision: string) => ({
      ...version,
      tests: [{ name: 'frozen', principal: PRINCIPAL, overrides: ['hostPID'], expect: { decision } }],
    });
    await problem(
      await write('POST', `/policy-sets/${name}/versions`, expecting('allow')),
      'version-rejected',
    );
    await published(await write('POST', `/policy-sets/${name}/versions`, expecting('deny')));
  });
});

describe('an entity that its schema reads in no way is refused at its place', () => {
  const schema = lattice
    .replace('namespace Lattice {', 'namespace Lattice {\n  entity Team;')
    .replace(
      'labels: Set<Label>,\n',
      'labels: Set<Label>, team?: Team, net?: ipaddr, nets?: Set<ipaddr>, odd?: { "__entity"?: { "type": String, id: String } }, n?: Long,\n',
    );
  test.each([
    ['a name for an entity', { team: 'red' }, 'attribute team is an entity'],
    ['a number for an address', { net: 1 }, 'attribute net is what ip("…") makes'],
    ['a text that is no address', { net: 'x' }, 'ip'],
    ['another function', { net: { fn: 'decimal', arg: '1.0' } }, 'ipaddr'],
    ['a value that is not known', { net: { fn: 'unknown', arg: 'x' } }, 'must have a value'],
    ['one in a number', { n: { __extn: { fn: 'unknown', arg: 'x' } } }, 'must have a value'],
    ['one for a set', { nets: '10.0.0.1' }, 'attribute nets must be a list'],
    ['a record that looks like a reference', { odd: { __entity: { type: 'a', id: 'b' } } }, '__entity'],
    ['an entity that nobody declared', { team: { type: 'Lattice::Tam', id: 'red' } }, 'Lattice::Tam'],
  ])('%s', async (_, attrs, message) => {
    const name = `set-${count++}`;
    await create(name);
    const uid = { type: 'Lattice::Service', id: 'shop/web' };
    const { faults } = await problem(
      await write('POST', `/policy-sets/${name}/versions`, {
        policies: { a: 'permit (principal, action, resource);' },
        schema,
        entities: [{ uid: { type: 'Lattice::Service', id: 'shop/api' } }, { uid, attrs }],
      }),
      'version-rejected',
    );
    expect(faults?.map(({ gate, pointer }) => `${gate} ${pointer}`)).toEqual(['entities /entities/1']);
    expect(faults?.[0]?.message).toContain(message);
  });
});

describe('a schema that demands or offers what no request has is refused', () => {
  const rejected = async (set: string, schema: string): Promise<string[]> => {
    if (set !== 'management') await create(set);
    const version = { policies: { a: 'permit (principal, action, resource);' }, schema };
    const { faults } = await problem(
      await write('POST', `/policy-sets/${set}/versions:check`, version),
      'version-rejected',
    );
    return (faults ?? []).map(({ gate, pointer, message }) => `${gate} ${pointer} ${message}`);
  };

  test.each([
    [
      'an optional context',
      lattice.replace('implicit: Bool,', 'implicit: Bool, now?: datetime,'),
      'context.now',
    ],
    [
      'a context of its own type',
      lattice
        .replace('context: {', 'context: Ctx };\n  type Ctx = {')
        .replace(/\},\n {2}\};\n\}/, 'now?: datetime };\n}'),
      'context.now',
    ],
    [
      'a demanded attribute',
      lattice.replace('kind: String,', 'kind: String, owner: String,'),
      'attribute owner',
    ],
    [
      'a demanded attribute of an override',
      lattice.replace('category: String,', 'category: String, risk: Long,'),
      'attribute risk',
    ],
    [
      'a list of namespaces',
      lattice.replace('entity Namespace;', 'entity Namespace enum ["shop", "media"];'),
      'Lattice::Namespace lists its ids',
    ],
    [
      'a demanded context',
      lattice.replace('implicit: Bool,', 'implicit: Bool, now: datetime,'),
      'context.now',
    ],
  ])('%s', async (_, schema, message) => {
    expect(schema).not.toBe(lattice);
    const faults = await rejected(`set-${count++}`, schema);
    expect(faults).toEqual([expect.stringContaining(message)]);
    expect(faults[0]).toMatch(/^schema \/schema /);
  });

  test('for management too, by action', async () => {
    await create('management');
    const schema = tracewright
      .replace('context: { alias?: String }', 'context: { alias?: String, reason?: String }')
      .replace('name: String, policySet: String }', 'name: String, policySet: String, owner: Caller }');
    expect(await rejected('management', schema)).toEqual([
      expect.stringMatching(/activate.* context\.reason, which no request has: its context holds alias\./),
      expect.stringContaining('Tracewright::Namespace demands the attribute owner'),
    ]);
  });

  test.each([['admission'], ['describeImages']])(
    'but one that was copied before the action %s passes',
    (action) => {
      const lines = tracewright.split('\n');
      const older = lines.filter((line) => !line.startsWith(`  action ${action} `));
      expect(older).toHaveLength(lines.length - 1);
      expect(schemaProblems(TRACEWRIGHT, older.join('\n'))).toEqual([]);
    },
  );

  test.each([['readOnly'], ['port']])('so does one from before the attribute %s', (attribute) => {
    const lines = lattice.split('\n');
    const older = lines.filter((line) => !line.startsWith(`    ${attribute}?: `));
    expect(older).toHaveLength(lines.length - 1);
    expect(schemaProblems(LATTICE, older.join('\n'))).toEqual([]);
    const other = lattice.replace(new RegExp(`${attribute}\\?: \\w+`), `${attribute}?: String`);
    expect(schemaProblems(LATTICE, other)).toEqual([
      { message: expect.stringContaining('does not cover every request'), offset: undefined },
    ]);
  });

  test('what the set can give itself, and actions that nobody asks for, may be added', async () => {
    const schema = lattice
      .replace('kind: String,', 'kind: String, owner?: Owner,')
      .replace('entity Namespace;', 'entity Namespace = { stage?: String } tags Long;\n  entity Owner;')
      .replace(
        'action OverrideSecurity appliesTo',
        'action Deploy appliesTo { principal: [Service], resource: [Namespace], context: { at: datetime } };\n  action OverrideSecurity in [Deploy] appliesTo',
      );
    await activate({ policies: { a: 'permit (principal, action, resource);' }, schema });
  });
});

describe("what the platform's entity says of a label is over the workload's own", () => {
  const labelled = (frozen: string) => ({ ...PRINCIPAL, labels: { frozen, team: 'a' } });

  test('as a tag', async () => {
    const set = await activate(JSON.parse(labelsOverTags));
    expect(await decided(set, 'hostPID', labelled('no'))).toBe('deny frozen');
    expect(await decided(set, 'hostPID', { ...labelled('no'), name: 'api' })).toBe('allow allow');
    const frozen = {
      ...service([app()], {}, { hostPID: true }),
      metadata: { name: 'web', namespace: 'shop', labels: { frozen: 'no' } },
    };
    const { denials } = await problem(
      await postJson(`/compile?policySet=${set}`, frozen),
      'overrides-denied',
    );
    expect(denials?.map(({ policies }) => policies.map(({ id }) => id))).toContainEqual(['frozen']);
  });

  const contains = (value: string): string =>
    `principal.labels.contains({ key: "frozen", value: "${value}" })`;
  const tagged = (value: string): string =>
    `principal.hasTag("frozen") && principal.getTag("frozen") == "${value}"`;

  test.each([
    ['a tag, seen among the labels', { tags: { frozen: 'yes' } }],
    ['labels, seen as a tag', { attrs: { labels: [{ key: 'frozen', value: 'yes' }] } }],
  ])('%s', async (_, entity) => {
    const set = await activate({
      policies: {
        'contains-yes': `permit (principal, action, resource) when { ${contains('yes')} };`,
        'contains-no': `permit (principal, action, resource) when { ${contains('no')} };`,
        'tag-yes': `permit (principal, action, resource) when { ${tagged('yes')} };`,
        'tag-no': `permit (principal, action, resource) when { ${tagged('no')} };`,
        team: 'permit (principal, action, resource) when { principal.hasTag("team") && principal.getTag("team") == "a" && principal.labels.contains({ key: "team", value: "a" }) };',
      },
      entities: [{ uid: { type: 'Lattice::Service', id: 'shop/web' }, ...entity }],
    });
    expect(await decided(set, 'hostPID', labelled('no'))).toBe('allow contains-yes,tag-yes,team');
    expect(await decided(set, 'hostPID', { ...labelled('no'), name: 'api' })).toBe(
      'allow contains-no,tag-no,team',
    );
  });
});

test("what the set's entity says of a caller's tag is over the token's claim", async () => {
  const claimed = (subject: string, decision: string) => ({
    name: subject,
    caller: { kind: 'oidc', issuer: 'https://ci.example.org', subject, claims: { frozen: 'no' } },
    action: 'publish',
    expect: { decision },
  });
  const check = await write('POST', '/policy-sets/management/versions:check', {
    policies: {
      allow: 'permit (principal, action, resource);',
      frozen:
        'forbid (principal, action, resource) when { principal.hasTag("frozen") && principal.getTag("frozen") == "yes" };',
    },
    entities: [
      { uid: { type: 'Tracewright::Caller', id: 'https://ci.example.org#a' }, tags: { frozen: 'yes' } },
    ],
    tests: [claimed('a', 'deny'), claimed('b', 'allow')],
  });
  expect(`${check.status} ${await check.text()}`).toMatch(/^200 /);
});

test.each([
  ['when { unknown("x") }', 1],
  ['when { principal.kind == "unknown(" }\nunless { unknown // (\n ("y") == 1 }', 2],
])('a policy that asks for what nobody knows is refused: %s', async (conditions, line) => {
  const name = `set-${count++}`;
  await create(name);
  const check = await write('POST', `/policy-sets/${name}/versions:check`, {
    policies: { a: `@id("a") forbid (principal, action, resource) ${conditions};` },
  });
  const { faults } = await problem(check, 'version-rejected');
  expect(faults?.map(({ gate, policy, policyLine }) => [gate, policy, policyLine])).toEqual([
    ['schema', 'a', line],
  ]);
  expect(faults?.[0]?.message).toContain('must not call unknown');
});

describe('a number that would be rounded is refused, not rounded', () => {
  test.each([
    ['application/json', largeIntegers],
    [
      'application/json',
      largeIntegers.replace('"account": 9007199254740993', '"account": 0.99999999999999999999'),
    ],
    ['application/yaml', largeIntegers],
    ['application/yaml', largeIntegers.replace('"account": 9007199254740993', 'account: 9007199254740993')],
  ])('in %s', async (type, body) => {
    const name = `set-${count++}`;
    await create(name);
    const headers = { 'content-type': type, 'if-match': '*' };
    for (const path of ['versions', 'versions:check']) {
      const response = await send(`/policy-sets/${name}/${path}`, { method: 'POST', headers, body });
      const { faults } = await problem(response, 'invalid-request');
      expect(faults).toEqual([
        {
          message: expect.stringContaining('round'),
          document: 0,
          line: 14,
          column: 20 - Number(body.includes(' account:')) * 2,
        },
      ]);
    }
  });

  test('what is stored of one all the same is not decided by', async () => {
    const { schema, entities } = VersionRequestSchema.parse(JSON.parse(largeIntegers));
    const policies = 'permit (principal, action, resource);';
    await storeVersion(policies, 'rounded', { schema, entities });
    const asked = { principal: PRINCIPAL, overrides: ['hostPID'] };
    await problem(await postJson('/authorize?policySet=rounded', asked), 'policy-set-corrupt');
  });
});

// Last: it decides who may do what.
test('a group of actions holds for who may change the set management', async () => {
  await published(await write('POST', '/policy-sets/management/versions', JSON.parse(management)));
  await point('management', 1);
  const made = await write('POST', '/keys', {
    name: 'publisher',
    owner: 'mallory',
    scopes: ['publish', 'activate'],
  });
  const { key } = CreatedApiKeySchema.parse(await made.json());
  const headers = { 'if-match': '*', 'content-type': 'text/plain' };
  const mine = '@id("mine") permit (principal, action, resource);';
  const change = (set: string): Promise<Response> =>
    sendAs(key, `/policy-sets/${set}/versions`, { method: 'POST', headers, body: mine });
  await problem(await change('management'), 'forbidden');
  const moved = await sendAs(key, '/policy-sets/management/aliases/active', {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ version: 1 }),
  });
  await problem(moved, 'forbidden');
  await create('another');
  expect((await change('another')).status).toBe(201);
  expect((await publishText('management', mine)).status).toBe(201);
  expect((await send('/policy-sets/management')).status).toBe(200);
});
