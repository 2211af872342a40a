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
  /** Written as a text, it is read by this function. */
  | { readonly kind: 'extension'; readonly reader: string }
  | { readonly kind: 'set'; readonly element: ValueType }
  | { readonly kind: 'record'; readonly attributes: ReadonlyMap<string, ValueType> }
  /** Text, number or truth value: read the same without a schema. */
  | { readonly kind: 'plain' };

/** What a schema says of the entities of one type. */
export interface DeclaredEntity {
  readonly attributes: ReadonlyMap<string, ValueType>;
  /** Those of the attributes that each entity must have. */
  readonly required: readonly string[];
  /** The type of its tags, where it may have some. */
  readonly tags: ValueType | undefined;
  /** Whether the schema lists the ids that there are. */
  readonly enumerated: boolean;
}

/** What a schema says of an action. */
export interface DeclaredAction {
  readonly uid: TypeAndId;
  /** The actions that it is directly in. */
  readonly parents: readonly TypeAndId[];
  /** The names of what requests have as `context`. */
  readonly context: ReadonlySet<string>;
}

/** The types of Cedar that are written as texts, and the function that reads each. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  ipaddr: 'ip',
  decimal: 'decimal',
  datetime: 'datetime',
  duration: 'duration',
};
const PLAIN: ReadonlySet<string> = new Set(['String', 'Long', 'Bool', 'Boolean']);

/** A schema, as far as it changes how data is read. */
export class SchemaTypes {
  readonly entities: ReadonlyMap<string, DeclaredEntity>;
  readonly actions: readonly DeclaredAction[];

  /** @throws CedarFailure when the text is no schema. */
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
  /** Types by the names that the schema gives them. */
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

  /** A type of the schema comes before one of Cedar that has the same name. */
  #named(name: string): ValueType {
    const held = this.#read.get(name);
    if (held !== undefined) return held;
    const common = this.#common.get(name);
    const read = common === undefined ? builtIn(name) : this.#typeOf(common);
    this.#read.set(name, read);
    return read;
  }
}

function within(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}::${name}`;
}

function builtIn(name: string): ValueType {
  const known = name.replace(/^__cedar::/, '');
  if (PLAIN.has(known)) return { kind: 'plain' };
  const reader = Object.hasOwn(EXTENSIONS, known) ? EXTENSIONS[known] : undefined;
  // It might be read in a way that we do not know of.
  if (reader === undefined) throw new CedarFailure(`The type ${name} is not known.`);
  return { kind: 'extension', reader };
}

/** The actions of a schema that are in others, as entities: a request has them without naming them. */
export function actionEntities({ actions }: SchemaTypes): EntityJson[] {
  const grouped = new Set(actions.flatMap(({ parents }) => parents.map(({ type, id }) => `${type} ${id}`)));
  return actions
    .filter(({ uid, parents }) => parents.length > 0 || grouped.has(`${uid.type} ${uid.id}`))
    .map(({ uid, parents }) => ({ uid, attrs: {}, parents: [...parents], tags: {} }));
}
