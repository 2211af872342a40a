/**
 * Random policy sets, the entities that come with them, and requests to both: every form that Cedar has for
 * a scope, conditions with and without errors, and attributes of every type. For comparing what is found
 * with an index to what Cedar finds with everything.
 * @module
 */
import fc from 'fast-check';
import { type CedarRequest, type PolicyTexts, requestOf } from '../../src/cedar/engine.ts';
import { type EntityLookup, type Question, uidKey } from '../../src/cedar/entities.ts';
import { questionsOf } from '../../src/cedar/override-entities.ts';
import type { OverrideRequest, Principal } from '../../src/cedar/override-question.ts';
import { isHostPath, overrideCategory } from '../../src/compiler/model/override.ts';
import type { VersionContent } from '../../src/policy-sets/version-schemas.ts';

type Entity = VersionContent['entities'][number];

/** A policy set. */
export interface World {
  /** Its own schema; null where its entities are read as they are written. */
  readonly schema: string | null;
  readonly policies: PolicyTexts['policies'];
  readonly entities: readonly Entity[];
}

/** The namespaces of a world. */
export const NAMESPACES = ['shop', 'media'];
/** The names that its services have. */
export const NAMES = ['web', 'api'];
/** The services that it may describe. */
export const SERVICES = NAMESPACES.flatMap((namespace) => NAMES.map((name) => `${namespace}/${name}`));
const TEAMS = ['red', 'blue', 'nobody'];
/** The overrides that it is about. */
export const OVERRIDES = [
  'allowedBinary:*',
  'allowedBinary:/usr/bin/x',
  'allowedBinary:/bin/"ü"',
  'hostPID',
  'capability:NET_ADMIN',
  'hostPath:/var/log',
  'hostPort:80',
];

const quoted = (text: string): string => JSON.stringify(text);
const uid = (type: string, ids: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...ids).map((id) => `Lattice::${type}::${quoted(id)}`);
const entity = fc.oneof(
  uid('Service', SERVICES),
  uid('Namespace', NAMESPACES),
  uid('Team', TEAMS),
  uid('Environment', ['production']),
  uid('SecurityOverride', OVERRIDES),
  uid('OverrideGroup', ['risky']),
  uid('Action', ['OverrideSecurity', 'Other', 'Anything']),
);
const entities = fc.array(entity, { minLength: 1, maxLength: 3 }).map((some) => `[${some.join(', ')}]`);
const type = fc
  .constantFrom('Service', 'Namespace', 'Team', 'SecurityOverride', 'OverrideGroup')
  .map((name) => `Lattice::${name}`);

const principalScope = fc.oneof(
  fc.constant('principal'),
  uid('Service', SERVICES).map((service) => `principal == ${service}`),
  fc.oneof(uid('Namespace', NAMESPACES), uid('Team', TEAMS), entity).map((group) => `principal in ${group}`),
  type.map((name) => `principal is ${name}`),
  fc.tuple(type, entity).map(([name, group]) => `principal is ${name} in ${group}`),
);
const actionScope = fc.oneof(
  { weight: 3, arbitrary: fc.constant('action') },
  { weight: 3, arbitrary: fc.constant('action == Lattice::Action::"OverrideSecurity"') },
  uid('Action', ['Other', 'Anything']).map((action) => `action == ${action}`),
  uid('Action', ['OverrideSecurity', 'Anything']).map((action) => `action in ${action}`),
  fc.constant('action in [Lattice::Action::"Other", Lattice::Action::"Anything"]'),
);
const resourceScope = fc.oneof(
  fc.constant('resource'),
  uid('SecurityOverride', OVERRIDES).map((override) => `resource == ${override}`),
  fc.oneof(uid('OverrideGroup', ['risky']), entity).map((group) => `resource in ${group}`),
  type.map((name) => `resource is ${name}`),
  fc.tuple(type, entity).map(([name, group]) => `resource is ${name} in ${group}`),
);

const variable = fc.constantFrom('principal', 'action', 'resource');
const attribute = fc.constantFrom(
  'principal.namespace',
  'principal.name',
  'principal.kind',
  // Of the set's own making: there for some, of any type.
  'principal.extra',
  'principal["an attribute"]',
  'principal.team',
  'resource.category',
  'resource.override_id',
  'resource.path',
  'resource.readOnly',
  'resource.port',
  'resource.extra',
  'context.implicit',
  'context.container',
  'context.image',
  'context.nosuch',
);
const scalar = fc.oneof(
  fc
    .constantFrom('shop', 'media', 'web', 'service', 'binary', 'pod', 'app', 'a:1', '', 'ü', ...OVERRIDES)
    .map(quoted),
  fc.constantFrom('0', '1', '-1', '80', 'true', 'false', '9007199254740993'),
);
const value = fc.oneof(
  { weight: 5, arbitrary: scalar },
  entity,
  fc.constantFrom('["a"]', '{a: 1}', 'ip("10.0.0.1")'),
);

const pattern = fc.constantFrom(
  '*s*',
  's*',
  'sh*p',
  'shop',
  '*',
  '',
  '/usr/*',
  'allowedBinary:/usr/*',
  'we*b',
  'a*a',
);
const element = fc.oneof(
  scalar,
  fc.constantFrom(
    '{key: "tier", value: "web"}',
    '{value: "batch", key: "tier"}',
    '{key: "tier", value: "ours"}',
    '{key: "tier"}',
    '{}',
    '["a"]',
    'ip("10.0.0.1")',
  ),
);
/** A tag that is asked for and read. */
const tag = fc
  .tuple(
    fc.constantFrom('principal', 'principal', 'resource', 'action'),
    fc.constantFrom('tier', 'team', 'lead', 'none'),
  )
  .map(([on, name]) => ({ has: `${on}.hasTag("${name}")`, get: `${on}.getTag("${name}")` }));

/** A condition, of which some fail for some requests or for all. */
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: fc.tuple(attribute, value).map(([left, right]) => `${left} == ${right}`) },
    fc.tuple(value, attribute).map(([left, right]) => `${left} == ${right}`),
    fc.tuple(attribute, scalar).map(([left, right]) => `${left} != ${right}`),
    fc.tuple(attribute, scalar, scalar).map(([on, a, b]) => `(${on} == ${a} || ${on} == ${b})`),
    fc
      .tuple(fc.array(scalar, { minLength: 1, maxLength: 3 }), attribute)
      .map(([values, on]) => `[${values.join(', ')}].contains(${on})`),
    attribute,
    fc.tuple(attribute, pattern).map(([on, like]) => `${on} like "${like}"`),
    fc.tuple(attribute, element).map(([on, inner]) => `${on}.contains(${inner})`),
    fc.tuple(tag, scalar).map(([name, other]) => `${name.has} && ${name.get} == ${other}`),
    fc.tuple(tag, pattern).map(([name, like]) => `${name.has} && ${name.get} like "${like}"`),
    fc.tuple(tag, scalar, scalar).map(([{ get }, a, b]) => `[${a}, ${b}].contains(${get})`),
    tag.map(({ has }) => has),
    attribute.map((on) => `${on} < 1`),
    fc.constantFrom(
      'context has container && context.container == "app"',
      'context has image && context.image == "a:1"',
      'principal has extra && principal.extra == "shop"',
      'principal has extra && principal.extra',
      'principal has "an attribute"',
      'principal has team.critical && principal.team.critical',
      'resource has path && resource.path like "/usr/*"',
      'resource has readOnly && resource.readOnly',
      'principal.hasTag("tier") && principal.getTag("tier") == "web"',
      'principal.getTag("tier") == "web"',
      'principal.hasTag("lead") && principal.getTag("lead").owner.name == "web"',
      'principal.labels.contains({key: "tier", value: "web"})',
      'Lattice::Team::"red".critical',
      'Lattice::Team::"red".owner.namespace == "shop"',
      'Lattice::Service::"shop/web".namespace == principal.namespace',
      '{"__entity": Lattice::Team::"red"}.__entity.critical',
      'principal.team.owner == principal',
      'if context.implicit then principal.extra == 1 else true',
      '9223372036854775807 + 1 == 0',
      'decimal("1.0").lessThan(decimal("x"))',
      'true',
      'false',
      '1 == 1',
    ),
    fc.tuple(variable, entity).map(([on, other]) => `${on} == ${other}`),
    fc.tuple(variable, entity).map(([on, other]) => `${on} != ${other}`),
    fc.tuple(variable, fc.oneof(entity, entities)).map(([on, group]) => `${on} in ${group}`),
    fc.tuple(entity, variable).map(([on, group]) => `${on} in ${group}`),
    fc.tuple(variable, type).map(([on, name]) => `${on} is ${name}`),
    fc.tuple(variable, type, entity).map(([on, name, group]) => `${on} is ${name} in ${group}`),
    tie('condition').map((inner) => `!(${inner})`),
    fc
      .tuple(tie('condition'), tie('condition'), tie('condition'))
      .map(([a, b, c]) => `if ${a} then ${b} else ${c}`),
    {
      weight: 4,
      arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a}) && (${b})`),
    },
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a}) || (${b})`),
  ),
}));

const policy = fc
  .tuple(
    fc.constantFrom('permit', 'permit', 'forbid'),
    principalScope,
    actionScope,
    resourceScope,
    fc.array(
      fc
        .tuple(fc.constantFrom('when', 'when', 'unless'), condition)
        .map(([kind, body]) => `${kind} { ${body} }`),
      { maxLength: 3 },
    ),
  )
  .map(
    ([effect, principal, action, resource, conditions]) =>
      `${effect} (${principal}, ${action}, ${resource}) ${conditions.join(' ')};`,
  );

const policyId = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[a-z]{1,3}$/) },
  { weight: 2, arbitrary: fc.stringMatching(/^[0-9]{1,2}$/) },
  fc.constantFrom('a"b', 'ü', 'constructor', 'policies', '{}', 'a,b'),
);

const attributeValue = fc.constantFrom<Entity['attrs'][string]>(
  'shop',
  'web',
  'ü',
  '',
  true,
  false,
  0,
  1,
  -1,
  { a: 1 },
  ['a'],
  ['shop', 0, true, { key: 'tier', value: 'web' }],
  ['a', ['a'], { __extn: { fn: 'ip', arg: '10.0.0.1' } }],
  [],
  { __extn: { fn: 'ip', arg: '10.0.0.1' } },
  { __entity: { type: 'Lattice::Team', id: 'red' } },
);
const attributes = fc.record(
  { extra: attributeValue, 'an attribute': attributeValue },
  { requiredKeys: [], noNullPrototype: true },
);
const uidOf = (entityType: string, id: string): { type: string; id: string } => ({
  type: `Lattice::${entityType}`,
  id,
});
const worldEntities = fc
  .tuple(
    fc.subarray(SERVICES).chain((services) =>
      fc.tuple(
        ...services.map((id) =>
          fc.tuple(attributes, fc.subarray(TEAMS), fc.boolean()).map(([attrs, teams, described]): Entity => {
            const team = described ? { team: { __entity: uidOf('Team', teams[0] ?? 'red') } } : {};
            return {
              uid: uidOf('Service', id),
              attrs: { ...attrs, ...team },
              parents: teams.map((each) => uidOf('Team', each)),
              // These take precedence over a workload's labels.
              tags: described ? { lead: { __entity: uidOf('Team', 'red') }, tier: 'ours' } : {},
            };
          }),
        ),
      ),
    ),
    fc.subarray(NAMESPACES),
    fc.record({ critical: attributeValue }, { requiredKeys: [], noNullPrototype: true }),
    fc.constantFrom('shop/web', 'media/api', 'shop/nobody'),
    fc.subarray(OVERRIDES),
    attributes,
  )
  .map(([services, namespaces, team, owner, overrides, extra]): Entity[] => [
    ...services,
    ...namespaces.map((id) => ({
      uid: uidOf('Namespace', id),
      attrs: {},
      parents: [uidOf('Environment', 'production')],
      tags: {},
    })),
    {
      uid: { __entity: uidOf('Team', 'red') },
      attrs: { ...team, owner: { __entity: uidOf('Service', owner) } },
      parents: [uidOf('Team', 'blue')],
      tags: {},
    },
    ...overrides.map((id) => ({
      uid: uidOf('SecurityOverride', id),
      attrs: { ...extra },
      parents: [uidOf('OverrideGroup', 'risky')],
      tags: {},
    })),
    {
      uid: uidOf('Action', 'OverrideSecurity'),
      attrs: {},
      parents: [uidOf('Action', 'Anything')],
      tags: {},
    },
  ]);

/** A policy set of up to so many policies. */
export function world(most: number): fc.Arbitrary<World> {
  return fc.record(
    {
      policies: fc
        .uniqueArray(fc.tuple(policyId, policy), {
          selector: ([id]) => id,
          minLength: 1,
          maxLength: most,
          size: 'max',
        })
        .map((policies) => Object.fromEntries(policies)),
      entities: worldEntities,
      schema: fc.constant(null),
    },
    { noNullPrototype: true },
  );
}

const principal: fc.Arbitrary<Principal> = fc.record(
  {
    namespace: fc.constantFrom(...NAMESPACES, 'other'),
    name: fc.constantFrom(...NAMES),
    kind: fc.constantFrom('service', 'job'),
    labels: fc.constantFrom({}, { tier: 'web' }, { tier: 'batch', team: 'shop' }),
  },
  { noNullPrototype: true },
);
const override: fc.Arbitrary<OverrideRequest> = fc
  .record(
    {
      id: fc.constantFrom(...OVERRIDES, 'privileged'),
      container: fc.constantFrom('app', 'proxy', undefined),
      image: fc.constantFrom('a:1', undefined),
      implicit: fc.boolean(),
      readOnly: fc.boolean(),
    },
    { noNullPrototype: true },
  )
  .map(({ readOnly, ...asked }) => {
    const category = overrideCategory(asked.id);
    if (category === undefined) throw new Error(`There is no override ${asked.id}.`);
    return { ...asked, category, readOnly: isHostPath(asked.id) ? readOnly : undefined };
  });

/** How many requests a world is asked. */
export const QUESTIONS = 20;

/** What is asked of a world, some of it twice. */
export const questions = fc.array(fc.tuple(principal, override), {
  minLength: QUESTIONS,
  maxLength: QUESTIONS,
});

/** The question that a principal's override is to the policies of a world. */
export function questionOf(asked: readonly [Principal, OverrideRequest], extra: EntityLookup): Question {
  const [who, what] = asked;
  return questionsOf(who, extra)(what);
}

/** The same as a request to Cedar, with every entity of the world. */
export function wholeRequest(question: Question, { entities: all }: World): CedarRequest {
  const { own } = question;
  const ours = new Set(own.map((each) => uidKey(each.uid)));
  return requestOf(question, [...all.filter((each) => !ours.has(uidKey(each.uid))), ...own]);
}
