/**
 * The form of policies and of their index in KV. It is shorter than the form that the code works with, because a
 * request parses pages with hundreds of policies: tests and reads are lists without the names of their fields, and an
 * attribute is one text (`principal.namespace`).
 *
 * This is index format 4 (`KEYS.index`). Releases read what earlier ones wrote under the same key, so any other form
 * needs another number in the key.
 * @module
 */
import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import type { IndexData, IndexGroup, LookupKey, Read } from '../cedar/slicing/index-data.ts';
import type { IndexedPolicy } from '../cedar/slicing/policy-source.ts';
import {
  type AttributeName,
  attributeKey,
  type EntityVariable,
  type PolicyTerms,
  type Scalar,
  type Test,
  type Variable,
} from '../cedar/slicing/policy-terms.ts';
import type { VersionContent } from './version-schemas.ts';

/**
 * A test of a policy. `on` is a variable or an attribute of one: `principal.namespace`, or `principal#team` for a tag.
 */
type StoredTest =
  | readonly [on: string, op: '==', uid: string, wanted: boolean]
  | readonly [on: string, op: 'in', uids: readonly string[], wanted: boolean]
  | readonly [on: string, op: 'is', type: string, wanted: boolean]
  | readonly [on: string, op: 'has', nothing: null, wanted: boolean]
  | readonly [on: string, op: 'one of', values: readonly Scalar[], wanted: boolean]
  | readonly [on: string, op: 'holds', nothing: null, wanted: boolean]
  | readonly [on: string, op: 'contains', element: string, wanted: boolean]
  | readonly [on: string, op: 'like', literals: readonly string[], wanted: boolean]
  | readonly [on: '', op: 'any', sides: readonly (readonly StoredTest[])[]];

/** A line of a page, as JSON. */
type Line = readonly [
  id: string,
  text: string,
  effect: PolicyTerms['effect'],
  annotations: PolicyTerms['annotations'],
  tests: readonly StoredTest[],
  rest?: PolicyTerms['rest'],
];

/** A group of the index. `on` is a variable or an attribute of one. */
interface StoredGroup {
  readonly on: string;
  readonly op: IndexGroup['key']['op'];
  readonly reads: readonly (readonly [attribute: string, guarded: boolean, type: Read['type']])[];
  /** What must hold before the pattern of `like`. */
  readonly given?: readonly StoredTest[];
  readonly hashes: readonly number[];
  readonly ordinals: readonly number[];
}

/** The groups of the index as they are stored. */
export interface StoredIndex {
  readonly rest: readonly number[];
  readonly groups: readonly StoredGroup[];
}

/** A page, as the index lists it. */
export interface PageEntry {
  /** The number of its first policy. The policies up to the first one of the next page are on it. */
  readonly first: number;
  /** The digest of its text. */
  readonly digest: string;
}

/** The index of a version as it is stored, behind a line with the digest of its text. */
export interface Head extends StoredIndex {
  /** The digest of the version's body. */
  readonly digest: string;
  /** The entities in explicit form, because requests are decided without the schema. */
  readonly entities: readonly EntityJson[];
  readonly settings: VersionContent['settings'];
  readonly pages: readonly PageEntry[];
}

/** Writes a policy as one line of a page. */
export function writePolicy({ id, text, terms }: IndexedPolicy): string {
  const { effect, annotations, tests, rest } = terms;
  const stored = tests.map(writeTest);
  const line: Line =
    rest === undefined
      ? [id, text, effect, annotations, stored]
      : [id, text, effect, annotations, stored, rest];
  return JSON.stringify(line);
}

/** Reads a line that {@link writePolicy} has written. @throws Error for any other text. */
export function readPolicyLine(written: string): IndexedPolicy {
  const [id, text, effect, annotations, tests, rest]: Line = JSON.parse(written);
  return { id, text, terms: { effect, annotations, tests: tests.map(readTest), rest } };
}

/** Writes the index in its stored form. */
export function writeIndex({ rest, groups }: IndexData): StoredIndex {
  return {
    rest,
    groups: groups.map(({ key, reads, hashes, ordinals }) => ({
      on: 'attribute' in key ? attributeKey(key) : key.variable,
      op: key.op,
      reads: reads.map((read) => [attributeKey(read), read.guarded, read.type]),
      ...(key.op === 'like' ? { given: key.given.map(writeTest) } : {}),
      hashes,
      ordinals,
    })),
  };
}

/** Reads an index that {@link writeIndex} has written. @throws Error for any other value. */
export function readIndex({ rest, groups }: StoredIndex): IndexData {
  return {
    rest,
    groups: groups.map(({ on, op, reads, given, hashes, ordinals }) => ({
      key: readKey(on, op, given),
      reads: reads.map(([name, guarded, type]): Read => ({ ...attributeNamed(name), guarded, type })),
      hashes,
      ordinals,
    })),
  };
}

function readKey(on: string, op: LookupKey['op'], given: StoredGroup['given'] = []): LookupKey {
  switch (op) {
    case '==':
    case 'in':
      return { op, variable: entityVariableNamed(on) };
    case 'one of':
    case 'contains':
      return { op, ...attributeNamed(on) };
    case 'like':
      return { op, ...attributeNamed(on), given: given.map(readTest) };
  }
}

function writeTest(test: Test): StoredTest {
  switch (test.op) {
    case '==':
      return [test.variable, '==', test.uid, test.wanted];
    case 'in':
      return [test.variable, 'in', test.uids, test.wanted];
    case 'is':
      return [test.variable, 'is', test.type, test.wanted];
    case 'has':
      return [attributeKey(test), 'has', null, test.wanted];
    case 'one of':
      return [attributeKey(test), 'one of', test.values, test.wanted];
    case 'holds':
      return [attributeKey(test), 'holds', null, test.wanted];
    case 'contains':
      return [attributeKey(test), 'contains', test.element, test.wanted];
    case 'like':
      return [attributeKey(test), 'like', test.literals, test.wanted];
    case 'any':
      return ['', 'any', test.sides.map((side) => side.map(writeTest))];
  }
}

function readTest([on, op, operand, wanted = true]: StoredTest): Test {
  switch (op) {
    case '==':
      return { op, variable: entityVariableNamed(on), uid: operand, wanted };
    case 'in':
      return { op, variable: entityVariableNamed(on), uids: operand, wanted };
    case 'is':
      return { op, variable: entityVariableNamed(on), type: operand, wanted };
    case 'has':
    case 'holds':
      return { op, ...attributeNamed(on), wanted };
    case 'one of':
      return { op, ...attributeNamed(on), values: operand, wanted };
    case 'contains':
      return { op, ...attributeNamed(on), element: operand, wanted };
    case 'like':
      return { op, ...attributeNamed(on), literals: operand, wanted };
    case 'any':
      return { op, sides: operand.map((side) => side.map(readTest)) };
    default:
      return notStored(`the test ${op}`);
  }
}

/** The attribute with a name such as `principal.namespace`, or the tag with a name such as `principal#team`. */
function attributeNamed(name: string): AttributeName {
  const tag = name.indexOf('#');
  const dot = name.indexOf('.');
  const end = dot < 0 || (tag >= 0 && tag < dot) ? tag : dot;
  const variable = variableNamed(name.slice(0, Math.max(end, 0)));
  const attribute = name.slice(end + 1);
  return end === tag ? { variable, attribute, tag: true } : { variable, attribute };
}

function entityVariableNamed(name: string): EntityVariable {
  const variable = variableNamed(name);
  return variable === 'context' ? notStored('a test of the context as an entity') : variable;
}

/** The variable with a name. A `switch` is faster than a list here, for every test of every stored policy. */
function variableNamed(name: string): Variable {
  switch (name) {
    case 'principal':
    case 'action':
    case 'resource':
    case 'context':
      return name;
    default:
      return notStored(`the variable ${name}`);
  }
}

function notStored(what: string): never {
  throw new Error(`What is stored for the policy set is not of index format 4: it has ${what}.`);
}
