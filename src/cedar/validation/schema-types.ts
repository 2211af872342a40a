/**
 * The types of a schema, as far as they change how Cedar reads values.
 * @module
 */
import '../wasm.ts';
import {
  type EntityJson,
  type SchemaJson,
  schemaToJsonWithResolvedTypes,
  type Type,
  type TypeAndId,
} from '@cedar-policy/cedar-wasm/web';
import { CedarFailure } from '../engine.ts';

/** A type that a schema gives a value, as far as it changes how Cedar reads the value. */
export type ValueType =
  | { readonly kind: 'entity' }
  /** The value can be written as a text, which this Cedar function reads. */
  | { readonly kind: 'extension'; readonly reader: string }
  | { readonly kind: 'set'; readonly element: ValueType }
  | { readonly kind: 'record'; readonly attributes: ReadonlyMap<string, ValueType> }
  /** A string, a number or a boolean, which Cedar reads the same without a schema. */
  | { readonly kind: 'plain' };

/** The declaration of an entity type. */
export interface DeclaredEntity {
  readonly attributes: ReadonlyMap<string, ValueType>;
  /** The names of the attributes that every entity must have. */
  readonly required: readonly string[];
  /** The type of the tags; undefined when the entities have none. */
  readonly tags: ValueType | undefined;
  /** Whether the schema lists all ids of the type. */
  readonly enumerated: boolean;
}

/** The declaration of an action. */
export interface DeclaredAction {
  readonly uid: TypeAndId;
  /** The action groups that it is a direct member of. */
  readonly parents: readonly TypeAndId[];
  /** The names of the attributes of the context. */
  readonly context: ReadonlySet<string>;
}

/** The extension types of Cedar, and the function that reads the text of each. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  ipaddr: 'ip',
  decimal: 'decimal',
  datetime: 'datetime',
  duration: 'duration',
};

/** The types whose values Cedar reads the same without a schema. */
const PLAIN: ReadonlySet<string> = new Set(['String', 'Long', 'Bool', 'Boolean']);

/** The declarations of a schema. */
export class SchemaTypes {
  readonly entities: ReadonlyMap<string, DeclaredEntity>;
  readonly actions: readonly DeclaredAction[];

  /** @param text A schema in the syntax of Cedar. @throws CedarFailure when it cannot be read. */
  constructor(text: string) {
    const answer = schemaToJsonWithResolvedTypes(text);
    if (answer.type === 'failure')
      throw new CedarFailure(answer.errors.map(({ message }) => message).join('; '));
    const reader = new TypeReader(answer.json);
    this.entities = reader.entities();
    this.actions = reader.actions();
  }
}

/** Reads the JSON form of a schema, in which every name is resolved. */
class TypeReader {
  readonly #schema: SchemaJson<string>;
  /** The common types (`type`), by their names. */
  readonly #common = new Map<string, Type<string>>();
  readonly #read = new Map<string, ValueType>();

  constructor(schema: SchemaJson<string>) {
    this.#schema = schema;
    for (const [namespace, { commonTypes = {} }] of Object.entries(schema))
      for (const [name, type] of Object.entries(commonTypes)) this.#common.set(within(namespace, name), type);
  }

  entities(): Map<string, DeclaredEntity> {
    const entities = new Map<string, DeclaredEntity>();
    for (const [namespace, { entityTypes }] of Object.entries(this.#schema))
      for (const [name, declared] of Object.entries(entityTypes)) {
        const enumerated = 'enum' in declared;
        const { shape, tags } = enumerated ? {} : declared;
        entities.set(within(namespace, name), {
          attributes: this.#attributesOf(shape),
          required: this.#requiredOf(shape),
          tags: tags === undefined ? undefined : this.#typeOf(tags),
          enumerated,
        });
      }
    return entities;
  }

  actions(): DeclaredAction[] {
    return Object.entries(this.#schema).flatMap(([namespace, { actions }]) => {
      const type = within(namespace, 'Action');
      return Object.entries(actions).map(([id, { memberOf = [], appliesTo }]) => ({
        uid: { type, id },
        parents: memberOf.map((parent) => ({ type: parent.type ?? type, id: parent.id })),
        context: new Set(this.#attributesOf(appliesTo?.context).keys()),
      }));
    });
  }

  #attributesOf(type: Type<string> | undefined): ReadonlyMap<string, ValueType> {
    if (type === undefined) return new Map();
    const read = this.#typeOf(type);
    if (read.kind !== 'record') throw new CedarFailure('The attributes of a type are no record.');
    return read.attributes;
  }

  #requiredOf(type: Type<string> | undefined): string[] {
    if (type === undefined) return [];
    if ('attributes' in type)
      return Object.entries(type.attributes).flatMap(([name, { required = true }]) =>
        required ? [name] : [],
      );
    return this.#requiredOf(this.#common.get(type.type));
  }

  #typeOf(type: Type<string>): ValueType {
    if ('attributes' in type)
      return {
        kind: 'record',
        attributes: new Map(
          Object.entries(type.attributes).map(([name, attribute]) => [name, this.#typeOf(attribute)]),
        ),
      };
    if ('element' in type) return { kind: 'set', element: this.#typeOf(type.element) };
    if (type.type === 'Entity') return { kind: 'entity' };
    return this.#named(type.type);
  }

  /** The type with a name. A common type of the schema takes precedence over a type of Cedar with the same name. */
  #named(name: string): ValueType {
    const held = this.#read.get(name);
    if (held !== undefined) return held;
    const common = this.#common.get(name);
    const read = common === undefined ? builtIn(name) : this.#typeOf(common);
    this.#read.set(name, read);
    return read;
  }
}

/** A name with its namespace. */
function within(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}::${name}`;
}

/** A type of Cedar. @throws CedarFailure for an unknown one. */
function builtIn(name: string): ValueType {
  const known = name.replace(/^__cedar::/, '');
  if (PLAIN.has(known)) return { kind: 'plain' };
  const reader = Object.hasOwn(EXTENSIONS, known) ? EXTENSIONS[known] : undefined;
  // A newer version of Cedar might read values of the type in another way.
  if (reader === undefined) throw new CedarFailure(`The type ${name} is not known.`);
  return { kind: 'extension', reader };
}

/**
 * The actions that are members of groups, and the groups, as entities. A request with a schema has them implicitly.
 */
export function actionEntities({ actions }: SchemaTypes): EntityJson[] {
  const grouped = new Set(actions.flatMap(({ parents }) => parents.map(({ type, id }) => `${type} ${id}`)));
  return actions
    .filter(({ uid, parents }) => parents.length > 0 || grouped.has(`${uid.type} ${uid.id}`))
    .map(({ uid, parents }) => ({ uid, attrs: {}, parents: [...parents], tags: {} }));
}
