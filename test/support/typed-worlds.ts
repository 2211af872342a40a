/**
 * Random schemas, entities that conform to them in each of the spellings that Cedar reads with a schema, and
 * policies about both: groups of actions, references, extension values, enumerated types, optional
 * attributes, types of their own, records, sets and tags.
 * @module
 */
import fc from 'fast-check';
import { LATTICE } from '../../src/cedar/languages.ts';
import { overrideCategory } from '../../src/compiler/model/override.ts';
import type { VersionContent } from '../../src/policy-sets/version-schemas.ts';
import { NAMES, NAMESPACES, OVERRIDES, SERVICES, type World } from './policy-worlds.ts';

type Entity = VersionContent['entities'][number];
type Json = Entity['attrs'][string];

type Type =
  | { readonly kind: 'plain'; readonly name: 'String' | 'Long' | 'Bool' }
  | { readonly kind: 'extension'; readonly name: keyof typeof EXTENSIONS }
  | { readonly kind: 'entity'; readonly name: keyof typeof REFERRED }
  | { readonly kind: 'set'; readonly element: Type }
  | { readonly kind: 'record'; readonly fields: Fields }
  | { readonly kind: 'alias'; readonly name: string; readonly of: Type };
type Fields = readonly { readonly name: string; readonly optional: boolean; readonly type: Type }[];

const PLAIN = {
  String: ['a', 'b', '10.0.0.1', '1.0', 'red'],
  Long: [0, 1, -1],
  Bool: [true, false],
} as const;
/** What each is read by, texts of it, and what is asked of it. */
const EXTENSIONS = {
  ipaddr: { reader: 'ip', texts: ['10.0.0.1', '10.0.0.0/8', '::1'], asked: 'isInRange' },
  decimal: { reader: 'decimal', texts: ['1.0', '1.50', '-2.25'], asked: 'lessThan' },
  datetime: { reader: 'datetime', texts: ['2024-01-01', '2024-06-01T12:00:00Z'], asked: '<' },
  duration: { reader: 'duration', texts: ['1h', '60m', '2d'], asked: '<=' },
} as const;
const REFERRED = { Team: ['red', 'blue', 'nobody'], Color: ['red', 'blue'], Namespace: NAMESPACES } as const;

const plain = fc
  .constantFrom('String' as const, 'Long' as const, 'Bool' as const)
  .map((name): Type => ({ kind: 'plain', name }));
const extension = fc
  .constantFrom('ipaddr' as const, 'decimal' as const, 'datetime' as const, 'duration' as const)
  .map((name): Type => ({ kind: 'extension', name }));
const reference = fc
  .constantFrom('Team' as const, 'Team' as const, 'Color' as const, 'Namespace' as const)
  .map((name): Type => ({ kind: 'entity', name }));

const fieldsOf = (type: fc.Arbitrary<Type>, names: readonly string[]): fc.Arbitrary<Fields> =>
  fc
    .subarray([...names], { minLength: 1 })
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((name) =>
          fc.tuple(fc.boolean(), type).map(([optional, of]) => ({ name, optional, type: of })),
        ),
      ),
    );

function typeOf(depth: number, aliases: readonly Type[] = []): fc.Arbitrary<Type> {
  const flat = [
    plain,
    extension,
    extension,
    reference,
    reference,
    ...aliases.map((alias) => fc.constant(alias)),
  ];
  if (depth === 0) return fc.oneof(...flat);
  const inner = typeOf(depth - 1, aliases);
  return fc.oneof(
    ...flat,
    inner.map((element): Type => ({ kind: 'set', element })),
    fieldsOf(inner, ['x', 'a field']).map((fields): Type => ({ kind: 'record', fields })),
  );
}

/** What a random schema declares besides Lattice's own. */
interface Declared {
  /** The first has the name of a type of Cedar, at times. */
  readonly aliases: readonly Extract<Type, { kind: 'alias' }>[];
  readonly service: Fields;
  readonly override: Fields;
  readonly team: Fields;
  readonly tags: Type;
  /** The groups that each action is in; the actions come in this order. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

const GROUPS = ['Any', 'Risky', 'Other'];

const declared: fc.Arbitrary<Declared> = fc
  .tuple(fc.constantFrom('ipaddr', 'Shared'), typeOf(1), typeOf(1))
  .chain(([name, first, second]) => {
    const aliases = [
      { kind: 'alias' as const, name, of: first },
      { kind: 'alias' as const, name: 'Nested', of: second },
    ];
    const type = typeOf(2, aliases);
    return fc.record({
      aliases: fc.constant(aliases),
      service: fieldsOf(type, ['one', 'two', 'an attribute']),
      override: fieldsOf(type, ['one', 'three']),
      team: fieldsOf(type, ['one', 'two', 'four']),
      tags: type,
      groups: fc
        .tuple(fc.subarray(['Any']), fc.subarray(['Any', 'Risky']), fc.subarray(GROUPS))
        .map(([risky, other, asked]) => ({ Any: [], Risky: risky, Other: other, OverrideSecurity: asked })),
    });
  });

function written(type: Type): string {
  switch (type.kind) {
    case 'plain':
      return type.name;
    case 'extension':
      return `__cedar::${type.name}`;
    case 'entity':
    case 'alias':
      return type.name;
    case 'set':
      return `Set<${written(type.element)}>`;
    case 'record':
      return `{ ${writtenFields(type.fields)} }`;
  }
}

function writtenFields(fields: Fields, forced = false): string {
  return fields
    .map(
      ({ name, optional, type }) =>
        `${JSON.stringify(name)}${optional || forced ? '?' : ''}: ${written(type)},`,
    )
    .join(' ');
}

function schemaOf({ aliases, service, override, team, tags, groups }: Declared): string {
  const actions = Object.entries(groups)
    .filter(([name]) => name !== 'OverrideSecurity')
    .map(([name, parents]) => `action ${name}${groupedIn(parents)};`);
  return LATTICE.schema
    .replace(
      'entity Namespace;',
      [
        'entity Namespace;',
        'entity Color enum ["red", "blue"];',
        `entity Team in [Team] = { ${writtenFields(team)} } tags ${written(tags)};`,
        ...aliases.map(({ name, of }) => `type ${name} = ${written(of)};`),
        ...actions,
      ].join('\n'),
    )
    .replace('in [Namespace] = {', `in [Namespace, Team] = { ${writtenFields(service, true)}`)
    .replace('entity SecurityOverride = {', `entity SecurityOverride = { ${writtenFields(override, true)}`)
    .replace('action OverrideSecurity', `action OverrideSecurity${groupedIn(groups.OverrideSecurity)}`);
}

function groupedIn(groups: readonly string[] = []): string {
  return groups.length === 0 ? '' : ` in [${groups.join(', ')}]`;
}

const uidOf = (type: string, id: string): { type: string; id: string } => ({ type: `Lattice::${type}`, id });

/** A value of a type, in one of its spellings. */
function spelledValue(type: Type): fc.Arbitrary<Json> {
  switch (type.kind) {
    case 'plain':
      return fc.constantFrom<Json>(...PLAIN[type.name]);
    case 'extension': {
      const { reader: fn, texts } = EXTENSIONS[type.name];
      return fc
        .constantFrom(...texts)
        .chain((arg) =>
          fc.constantFrom<Json>(
            arg,
            arg,
            { fn, arg },
            { __extn: { fn, arg } },
            { __extn: { fn, args: [arg] } },
          ),
        );
    }
    case 'entity':
      return fc
        .constantFrom<string>(...REFERRED[type.name])
        .map((id) => uidOf(type.name, id))
        .chain((uid) => fc.constantFrom<Json>(uid, uid, { __entity: uid }));
    case 'set':
      return fc.array(spelledValue(type.element), { maxLength: 2 });
    case 'record':
      return valuesOf(type.fields);
    case 'alias':
      return spelledValue(type.of);
  }
}

function valuesOf(fields: Fields, forced = false): fc.Arbitrary<Record<string, Json>> {
  return fc
    .tuple(
      ...fields.map(({ name, optional, type }) => {
        const given = spelledValue(type).map((value) => [[name, value]]);
        return optional || forced ? fc.oneof({ weight: 3, arbitrary: given }, fc.constant([])) : given;
      }),
    )
    .map((entries) => Object.fromEntries(entries.flat()));
}

function worldEntities({ service, override, team, tags }: Declared): fc.Arbitrary<Entity[]> {
  const teams = fc.tuple(
    ...['red', 'blue'].map((id) =>
      fc.tuple(valuesOf(team), fc.option(spelledValue(tags), { nil: undefined })).map(
        ([attrs, tag]): Entity => ({
          uid: uidOf('Team', id),
          attrs,
          parents: id === 'red' ? [uidOf('Team', 'blue')] : [],
          tags: tag === undefined ? {} : { tag },
        }),
      ),
    ),
  );
  // They state what the schema demands: only those of the request are completed.
  const services = fc.subarray(SERVICES).chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .tuple(valuesOf(service, true), fc.subarray(['red', 'blue']), fc.boolean())
          .map(([attrs, parents, labelled]): Entity => {
            const [namespace = '', name = ''] = id.split('/');
            return {
              uid: uidOf('Service', id),
              attrs: {
                ...attrs,
                namespace,
                name,
                kind: 'service',
                labels: labelled ? [{ key: 'tier', value: 'ours' }] : [],
              },
              parents: [uidOf('Namespace', namespace), ...parents.map((each) => uidOf('Team', each))],
              tags: labelled ? { extra: 'a' } : {},
            };
          }),
      ),
    ),
  );
  const overrides = fc.subarray(OVERRIDES).chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        valuesOf(override, true).map(
          (attrs): Entity => ({
            uid: uidOf('SecurityOverride', id),
            attrs: { ...attrs, override_id: id, category: overrideCategory(id) ?? '' },
            parents: [],
            tags: {},
          }),
        ),
      ),
    ),
  );
  return fc.tuple(teams, services, overrides).map((all) => all.flat());
}

/** A value of a type in a policy. */
function literalOf(type: Type): fc.Arbitrary<string> {
  switch (type.kind) {
    case 'plain':
      return fc.constantFrom<Json>(...PLAIN[type.name]).map((value) => JSON.stringify(value));
    case 'extension': {
      const { reader, texts } = EXTENSIONS[type.name];
      return fc.constantFrom(...texts).map((text) => `${reader}(${JSON.stringify(text)})`);
    }
    case 'entity':
      return fc
        .constantFrom<string>(...REFERRED[type.name])
        .map((id) => `Lattice::${type.name}::${JSON.stringify(id)}`);
    case 'set':
      return fc.array(literalOf(type.element), { maxLength: 2 }).map((parts) => `[${parts.join(', ')}]`);
    case 'record':
      return fc
        .tuple(
          ...type.fields.map(({ name, type: of }) =>
            literalOf(of).map((value) => `${JSON.stringify(name)}: ${value}`),
          ),
        )
        .map((parts) => `{ ${parts.join(', ')} }`);
    case 'alias':
      return literalOf(type.of);
  }
}

/** What a value of this type would be, if it were read as it is written. */
function misreadOf(type: Type): fc.Arbitrary<string> {
  if (type.kind === 'extension')
    return fc.constantFrom(...EXTENSIONS[type.name].texts).map((text) => JSON.stringify(text));
  if (type.kind === 'entity')
    return fc
      .constantFrom<string>(...REFERRED[type.name])
      .map((id) => `{ "type": "Lattice::${type.name}", "id": ${JSON.stringify(id)} }`);
  return literalOf(type);
}

/** Something that is asked of an expression of a type. */
function conditionOn(
  on: string,
  type: Type,
  { team, tags }: Pick<Declared, 'team' | 'tags'>,
  depth = 2,
): fc.Arbitrary<string> {
  const equal = fc.oneof(literalOf(type), misreadOf(type)).map((value) => `${on} == ${value}`);
  const any = [equal, equal, misreadOf(type).map((value) => `[${value}].contains(${on})`)];
  switch (type.kind) {
    case 'plain':
      return fc.oneof(...any, fc.constantFrom(on, `${on} like "*1*"`, `${on} < 1`));
    case 'extension': {
      const { asked } = EXTENSIONS[type.name];
      const compared = literalOf(type).map((value) =>
        /\w/.test(asked) ? `${on}.${asked}(${value})` : `${on} ${asked} ${value}`,
      );
      return fc.oneof(equal, compared);
    }
    case 'entity': {
      const within = fc.constantFrom('red', 'blue').map((id) => `${on} in Lattice::Team::"${id}"`);
      if (type.name !== 'Team' || depth === 0) return fc.oneof(...any, within);
      return fc.oneof(
        ...any,
        within,
        conditionOfFields(on, team, { team, tags }, depth - 1),
        conditionOn(`${on}.getTag("tag")`, tags, { team, tags }, depth - 1).map(
          (inner) => `${on}.hasTag("tag") && ${inner}`,
        ),
      );
    }
    case 'set':
      return fc.oneof(
        ...any,
        fc.oneof(literalOf(type.element), misreadOf(type.element)).map((value) => `${on}.contains(${value})`),
        fc.constant(`${on}.isEmpty()`),
      );
    case 'record':
      return depth === 0
        ? equal
        : fc.oneof(...any, conditionOfFields(on, type.fields, { team, tags }, depth - 1));
    case 'alias':
      return conditionOn(on, type.of, { team, tags }, depth);
  }
}

function conditionOfFields(
  on: string,
  fields: Fields,
  more: Pick<Declared, 'team' | 'tags'>,
  depth = 2,
): fc.Arbitrary<string> {
  return fc.constantFrom(...fields).chain(({ name, type }) => {
    const quoted = JSON.stringify(name);
    return fc
      .tuple(fc.boolean(), conditionOn(`${on}[${quoted}]`, type, more, depth))
      .map(([guarded, inner]) => (guarded ? `${on} has ${quoted} && ${inner}` : inner));
  });
}

const actionName = fc.constantFrom(...GROUPS, 'OverrideSecurity').map((name) => `Lattice::Action::"${name}"`);
const actions = fc.array(actionName, { minLength: 1, maxLength: 2 }).map((some) => `[${some.join(', ')}]`);

function policyOf(schema: Declared): fc.Arbitrary<string> {
  const service = conditionOfFields('principal', schema.service, schema);
  const condition = fc.oneof(
    { weight: 4, arbitrary: service },
    { weight: 2, arbitrary: conditionOfFields('resource', schema.override, schema) },
    { weight: 2, arbitrary: conditionOfFields('Lattice::Team::"red"', schema.team, schema) },
    conditionOn('Lattice::Team::"blue".getTag("tag")', schema.tags, schema),
    fc.tuple(actionName, actions).map(([one, some]) => `action in ${one} || action in ${some}`),
    fc.tuple(actionName, actionName).map(([one, other]) => `${one} in ${other}`),
    actionName.map((one) => `action != ${one}`),
    fc.constantFrom(
      'principal.labels.contains({ key: "tier", value: "ours" })',
      'principal.hasTag("tier") && principal.getTag("tier") == "web"',
      'principal.getTag("extra") == "a"',
      'principal in Lattice::Team::"blue"',
      'context.implicit',
    ),
  );
  const principal = fc.constantFrom(
    'principal',
    'principal',
    `principal == Lattice::Service::"${NAMESPACES[0]}/${NAMES[0]}"`,
    'principal in Lattice::Team::"blue"',
  );
  const action = fc.oneof(
    fc.constant('action'),
    actionName.map((one) => `action in ${one}`),
    actions.map((some) => `action in ${some}`),
    actionName.map((one) => `action == ${one}`),
  );
  const resource = fc.constantFrom(
    'resource',
    'resource',
    `resource == Lattice::SecurityOverride::"hostPID"`,
  );
  return fc
    .tuple(
      fc.constantFrom('permit', 'permit', 'forbid'),
      principal,
      action,
      resource,
      fc.array(
        fc
          .tuple(fc.constantFrom('when', 'when', 'unless'), condition)
          .map(([kind, body]) => `${kind} { ${body} }`),
        { maxLength: 2 },
      ),
    )
    .map(
      ([effect, who, what, which, conditions]) =>
        `${effect} (${who}, ${what}, ${which}) ${conditions.join(' ')};`,
    );
}

/** A policy set of up to so many policies, with a schema of its own. */
export function typedWorld(most: number): fc.Arbitrary<World> {
  return declared.chain((schema) =>
    fc
      .tuple(
        worldEntities(schema),
        fc.array(policyOf(schema), { minLength: 1, maxLength: most, size: 'max' }),
      )
      .map(([entities, policies]) => ({
        schema: schemaOf(schema),
        entities,
        policies: Object.fromEntries(policies.map((text, index) => [`p${index}`, text])),
      })),
  );
}
