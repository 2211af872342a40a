import { type Node as JsonNode, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  Parser,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { LIMITS } from '../model/limits.ts';
import { firstAt } from '../model/ordered.ts';
import type { Path } from '../model/pointer.ts';
import { isRounded, roundedInJson } from './rounded.ts';
import { isOctal, isStringInYaml11 } from './yaml-1-1.ts';

/** A place in the text of a body, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One document of a body: its value, and where each part of it stands in the text. */
export interface SourceDocument {
  /** Its place among the documents of the body, from 0. */
  readonly index: number;
  /** Plain JSON data. */
  readonly value: unknown;
  /** Where the value at `path` (or, if there is none, its nearest existing ancestor) begins. */
  locate(path: Path): Position | undefined;
  /** Where numbers stand that are read as other integers than they are. Not all bodies mind. */
  rounded(): Position[];
}

/** Why a text is not a document. */
export interface SyntaxFault {
  readonly message: string;
  readonly position: Position;
}

/** The syntaxes a body may have. `sniff` tries JSON first, then YAML. */
export type Syntax = 'json' | 'yaml' | 'sniff';

/** What a text turned out to be. */
export type ParsedText =
  | { readonly ok: true; readonly syntax: 'json' | 'yaml'; readonly documents: readonly SourceDocument[] }
  | { readonly ok: false; readonly syntax: 'json' | 'yaml'; readonly faults: readonly SyntaxFault[] };

/**
 * Reads a body into documents. Repeated keys, `__proto__` keys, unresolved tags, and nesting or alias
 * use beyond {@link LIMITS} are faults: a reader and a machine must not see two different documents.
 * Work is bounded by the length of the text.
 */
export function parseDocuments(text: string, syntax: Syntax): ParsedText {
  if (syntax === 'json') return parseJsonDocument(text);
  if (syntax === 'sniff' && /^\s*[{[]/.test(text)) {
    const parsed = parseJsonDocument(text);
    if (parsed.ok) return parsed;
  }
  return parseYaml(text);
}

/** Answers where offsets of a text are; the table of its lines is made when first asked. */
function positionsIn(text: string): (offset: number) => Position {
  let starts: number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(text);
    const line = firstAt(starts, offset + 1);
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let newline = text.indexOf('\n'); newline >= 0; newline = text.indexOf('\n', newline + 1))
    starts.push(newline + 1);
  return starts;
}

/** Ends the reading of a text; it never leaves this module. */
class Unreadable extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const TOO_DEEP = `The document is nested deeper than ${LIMITS.depth} levels.`;
const TOO_MANY = `The documents hold more than ${LIMITS.nodes} values.`;
const TOO_LONG = `The strings of the documents hold more than ${LIMITS.characters} characters, aliases counted in full.`;
const TOO_MANY_PROPERTIES = `The documents hold more than ${LIMITS.properties} anchors, tags and directives.`;
const ILL_FORMED = 'A string holds half of a surrogate pair, which is not valid Unicode.';
const PROTO = 'The key "__proto__" is not allowed.';

// ---------------------------------------------------------------------------------------- JSON

/** As {@link parseDocuments}, of JSON that may hold so many values. */
export function parseJsonDocument(text: string, nodes: number = LIMITS.nodes): ParsedText {
  try {
    const members = countJsonMembers(text, nodes);
    const value: unknown = JSON.parse(text);
    // JSON.parse keeps the last of repeated keys (RFC 8259 leaves it open), so fewer came out than went in.
    if (countValues(value) !== members) throw repeatedJsonKey(text);
    let places: { readonly root: JsonNode | undefined; readonly offsets: Offsets } | undefined;
    const positionOf = positionsIn(text);
    const locate = (path: Path): Position | undefined => {
      places ??= jsonPlaces(text, value);
      return positionOf(offsetOf(value, places.offsets, path, places.root?.offset ?? 0));
    };
    const rounded = (): Position[] => roundedInJson(text).map(positionOf);
    return { ok: true, syntax: 'json', documents: [{ index: 0, value, locate, rounded }] };
  } catch (error) {
    if (error instanceof Unreadable) {
      return {
        ok: false,
        syntax: 'json',
        faults: [{ message: error.message, position: positionsIn(text)(error.offset) }],
      };
    }
    if (error instanceof SyntaxError) return { ok: false, syntax: 'json', faults: jsonSyntaxFaults(text) };
    throw error;
  }
}

/** Where each member of a JSON value begins, in the form that YAML documents have it too. */
function jsonPlaces(text: string, value: unknown): { root: JsonNode | undefined; offsets: Offsets } {
  const offsets: Offsets = new WeakMap();
  const root = parseTree(text, [], { disallowComments: true });
  const visit = (node: JsonNode | undefined, part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    const places = new Map<string | number, number>();
    offsets.set(part, places);
    for (const [index, child] of (node?.children ?? []).entries()) {
      const [key, content] = child.type === 'property' ? (child.children ?? []) : [undefined, child];
      const step: unknown = key === undefined ? index : key.value;
      if (content === undefined || (typeof step !== 'string' && typeof step !== 'number')) continue;
      places.set(step, content.offset);
      visit(content, memberOf(part, step));
    }
  };
  visit(root, value);
  return { root, offsets };
}

/** Counts the members of all objects by their colons, and bounds nesting and size on the way. */
function countJsonMembers(text: string, nodes: number): number {
  let members = 0;
  let values = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        for (at += 1; at < text.length; at += 1) {
          const unit = text.charCodeAt(at);
          if (unit === 0x5c) at += 1;
          else if (unit === 0x22) break;
        }
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        if (depth > LIMITS.depth) throw new Unreadable(TOO_DEEP, at);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
      case 0x3a: // :
        members += 1;
        break;
      case 0x2c: // ,
        values += 1;
        if (values > nodes) throw new Unreadable(`The document holds more than ${nodes} values.`, at);
        break;
    }
  }
  return members;
}

function countValues(value: unknown): number {
  if (typeof value === 'string' && !value.isWellFormed()) throw new Unreadable(ILL_FORMED, 0);
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countValues(item), 0);
  let members = 0;
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') throw new Unreadable(PROTO, 0);
    if (!key.isWellFormed()) throw new Unreadable(ILL_FORMED, 0);
    members += 1 + countValues(member);
  }
  return members;
}

function repeatedJsonKey(text: string): Unreadable {
  const pending = [parseTree(text)];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const seen = new Set<string>();
    for (const child of node.children ?? []) {
      const key = child.type === 'property' ? child.children?.[0] : undefined;
      if (key !== undefined && typeof key.value === 'string') {
        if (seen.has(key.value))
          return new Unreadable(`The key ${JSON.stringify(key.value)} is repeated.`, key.offset);
        seen.add(key.value);
      }
      pending.push(child);
    }
  }
  return new Unreadable('A key is repeated.', 0);
}

function jsonSyntaxFaults(text: string): SyntaxFault[] {
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true });
  const first = errors[0];
  const what = first === undefined ? 'InvalidJson' : printParseErrorCode(first.error);
  const words = what.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return [{ message: `Not JSON: ${words}.`, position: positionsIn(text)(first?.offset ?? 0) }];
}

// ---------------------------------------------------------------------------------------- YAML

/**
 * What YAML readers do not agree on: YAML 1.1 (kubectl's) ends a line at NEL, LS, PS and a lone CR, YAML 1.2
 * only at the latter; some skip a byte order mark in the middle. A comment here would be a field there.
 */
const AMBIGUOUS = /\r(?!\n)|(?![\t\n\r])[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;

function parseYaml(text: string): ParsedText {
  const positionOf = positionsIn(text);
  try {
    const ambiguous = text.replace(/^\ufeff/, ' ').search(AMBIGUOUS);
    if (ambiguous >= 0) {
      const code = text.charCodeAt(ambiguous).toString(16).toUpperCase().padStart(4, '0');
      throw new Unreadable(
        `The character U+${code} is not allowed in YAML here: readers do not agree on it. Escape it in double quotes.`,
        ambiguous,
      );
    }
    const faults: SyntaxFault[] = [];
    const documents: SourceDocument[] = [];
    const budget: Budget = { nodes: 0, characters: 0, aliases: 0 };
    for (const document of composeBounded(text)) {
      // A warning is an unknown tag or directive: something whose meaning we would have to guess.
      for (const problem of [...document.errors, ...document.warnings]) {
        if (faults.length < LIMITS.faults) {
          faults.push({
            message: `Not YAML: ${problem.message}`,
            position: positionOf(problem.pos[0]),
          });
        }
      }
      if (faults.length > 0) break;
      const { value, offsets, rounded } = toPlainData(document, budget);
      if (value === null && isEmpty(document)) continue;
      const root = document.contents?.range?.[0] ?? document.range[0];
      documents.push({
        index: documents.length,
        value,
        locate: (path) => positionOf(offsetOf(value, offsets, path, root)),
        rounded: () => rounded.map(positionOf),
      });
    }
    if (faults.length > 0) return { ok: false, syntax: 'yaml', faults };
    return { ok: true, syntax: 'yaml', documents };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return {
      ok: false,
      syntax: 'yaml',
      faults: [{ message: error.message, position: positionOf(error.offset) }],
    };
  }
}

/** A document between two `---` with nothing but comments in it is no document at all. */
function isEmpty(document: Document.Parsed): boolean {
  const { contents } = document;
  return contents === null || (isScalar(contents) && contents.source === '');
}

/**
 * Runs yaml's lexer, parser and composer as `parseAllDocuments` does, but watches the parser's stack:
 * the composer is recursive, so a text nested too deep must be refused before it is composed.
 */
function* composeBounded(text: string): Generator<Document.Parsed, void> {
  const parser = new Parser();
  // uniqueKeys: yaml compares each key with all others (quadratic); toPlainData does it with a set.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, version: '1.2', schema: 'core' });
  stopFloods(composer, parser);
  let lexemes = 0;
  let properties = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (/^[&*!%]/.test(lexeme) && lexeme.length > 0) properties += 1;
    if (properties > LIMITS.properties) throw new Unreadable(TOO_MANY_PROPERTIES, parser.offset);
    // A value takes at most a handful of lexemes (indentation, indicator, text, newline).
    if (lexemes > LIMITS.nodes * 8) throw new Unreadable(TOO_MANY, parser.offset);
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') throw new Unreadable(`Not YAML: ${token.message}`, token.offset);
      yield* composer.next(token);
    }
    if (parser.stack.length > LIMITS.depth + 2) throw new Unreadable(TOO_DEEP, parser.offset);
  }
  for (const token of parser.end()) yield* composer.next(token);
  yield* composer.end(false, text.length);
}

/**
 * Ends the composing after as many errors as an answer lists: each has a stack trace, so a text that is
 * nothing but errors would take seconds. The composer has no option for it, hence the hook into its own.
 */
function stopFloods(composer: Composer, parser: Parser): void {
  const report: unknown = Reflect.get(composer, 'onError');
  if (typeof report !== 'function') return;
  let errors = 0;
  const onError = (...problem: unknown[]): void => {
    errors += 1;
    if (errors > LIMITS.faults)
      throw new Unreadable(
        `Not YAML: there are more than ${LIMITS.faults} errors up to here.`,
        parser.offset,
      );
    Reflect.apply(report, composer, problem);
  };
  Object.defineProperty(composer, 'onError', { value: onError });
}

type Offsets = WeakMap<object, Map<string | number, number>>;

interface Budget {
  nodes: number;
  characters: number;
  aliases: number;
}

interface Anchored {
  readonly value: unknown;
  /** Why it cannot be a key, if it is a plain scalar that readers do not agree on. */
  readonly keyProblem: string | undefined;
  /** Values and characters in it, its own aliases counted in full. */
  readonly size: number;
  readonly characters: number;
  /** Levels below it. */
  readonly height: number;
}

/** Turns a composed document into JSON data, remembering where each member began. */
function toPlainData(
  document: Document.Parsed,
  budget: Budget,
): { value: unknown; offsets: Offsets; rounded: readonly number[] } {
  const offsets: Offsets = new WeakMap();
  const rounded: number[] = [];
  const anchors = new Map<string, Anchored>();
  let deepest = 0;

  function spend(nodes: number, characters: number, at: number): void {
    budget.nodes += nodes;
    budget.characters += characters;
    if (budget.nodes > LIMITS.nodes) throw new Unreadable(TOO_MANY, at);
    if (budget.characters > LIMITS.characters) throw new Unreadable(TOO_LONG, at);
  }

  function convert(node: Node | null | undefined, fallbackOffset: number, depth: number): unknown {
    const at = node?.range?.[0] ?? fallbackOffset;
    if (depth > LIMITS.depth) throw new Unreadable(TOO_DEEP, at);
    if (isAlias(node)) return resolve(node, at, depth);
    const before = { ...budget };
    spend(1, 0, at);
    const deepestOutside = deepest;
    deepest = depth;
    const value = convertContent(node, at, depth);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) {
      anchors.set(anchor, {
        value,
        keyProblem: keyProblem(node),
        size: budget.nodes - before.nodes,
        characters: budget.characters - before.characters,
        height: deepest - depth,
      });
    }
    deepest = Math.max(deepest, deepestOutside);
    return value;
  }

  function convertContent(node: Node | null | undefined, at: number, depth: number): unknown {
    if (node === null || node === undefined) return null;
    if (isScalar(node)) return readScalar(node, at);
    refuseTag(node, at);
    if (isSeq(node)) {
      const items: unknown[] = [];
      const places = new Map<string | number, number>();
      offsets.set(items, places);
      for (const item of node.items) {
        const child = isNodeLike(item) ? item : undefined;
        places.set(items.length, child?.range?.[0] ?? at);
        items.push(isPair(item) ? pairAsMap(item, at, depth) : convert(child, at, depth + 1));
      }
      return items;
    }
    if (isMap(node)) return convertMap(node, at, depth);
    return null;
  }

  /** `[a: b]` is a sequence of one single-pair mapping. */
  function pairAsMap(pair: Pair, at: number, depth: number): unknown {
    spend(1, 0, at);
    return readPairs([pair], at, depth + 1);
  }

  function convertMap(map: YAMLMap, at: number, depth: number): unknown {
    return readPairs(map.items, at, depth);
  }

  function readPairs(pairs: readonly Pair[], at: number, depth: number): unknown {
    const object: Record<string, unknown> = {};
    const places = new Map<string | number, number>();
    offsets.set(object, places);
    const seen = new Set<string>();
    const merged: { source: unknown; at: number; before: ReadonlySet<string> }[] = [];
    for (const pair of pairs) {
      const keyNode = isNodeLike(pair.key) ? pair.key : undefined;
      const keyAt = keyNode?.range?.[0] ?? at;
      const key = toKey(keyNode, keyAt);
      if (seen.has(key)) throw new Unreadable(`The key ${JSON.stringify(key)} is repeated.`, keyAt);
      seen.add(key);
      const valueNode = isNodeLike(pair.value) ? pair.value : undefined;
      // A plain `<<` is a merge key, as kubectl and Helm read it (YAML 1.1 "merge" type).
      const value = convert(valueNode, keyAt, depth + 1);
      if (key === '<<' && isScalar(keyNode) && keyNode.type === 'PLAIN' && keyNode.tag === undefined) {
        merged.push({ source: value, at: keyAt, before: new Set(seen) });
        continue;
      }
      places.set(key, valueNode?.range?.[0] ?? keyAt);
      object[key] = value;
    }
    for (const { source, at: mergeAt, before } of merged) merge(object, places, source, mergeAt, before);
    return object;
  }

  /** Explicit keys win over merged ones, and earlier sources over later ones. */
  function merge(
    target: Record<string, unknown>,
    places: Map<string | number, number>,
    source: unknown,
    at: number,
    before: ReadonlySet<string>,
  ): void {
    for (const from of Array.isArray(source) ? source : [source]) {
      if (typeof from !== 'object' || from === null || Array.isArray(from)) {
        throw new Unreadable('A merge key (<<) needs a mapping or a list of mappings.', at);
      }
      const origin = offsets.get(from);
      for (const [key, value] of Object.entries(from)) {
        if (before.has(key)) {
          // kubectl's reader merges in order and would overwrite it; others would not.
          throw new Unreadable(
            `The merge key (<<) must stand before the key ${JSON.stringify(key)}, which it holds too.`,
            at,
          );
        }
        if (Object.hasOwn(target, key)) continue;
        spend(1, 0, at);
        target[key] = value;
        places.set(key, origin?.get(key) ?? at);
      }
    }
  }

  function readScalar(node: Scalar, at: number): unknown {
    const { value } = node;
    refuseTag(node, at);
    if (typeof value === 'string') {
      if (!value.isWellFormed()) throw new Unreadable(ILL_FORMED, at);
      spend(0, value.length, at);
      return value;
    }
    // As kubectl reads it: defaultMode: 0644 is 420.
    if (typeof value === 'number' && isOctal(node.source ?? '')) return Number.parseInt(node.source ?? '', 8);
    if (typeof value === 'number' && isRounded(node.source ?? '')) rounded.push(at);
    if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
      return value;
    throw new Unreadable('The value has no JSON form.', at);
  }

  function toKey(node: Node | undefined, at: number): string {
    refuseTag(node, at);
    const value = isAlias(node) ? resolve(node, at, 1) : isScalar(node) ? node.value : undefined;
    if (isScalar(node) && node.anchor !== undefined)
      anchors.set(node.anchor, {
        value,
        keyProblem: keyProblem(node),
        size: 1,
        characters: String(value).length,
        height: 0,
      });
    const problem = isAlias(node) ? anchors.get(node.source)?.keyProblem : keyProblem(node);
    if (problem !== undefined) throw new Unreadable(problem, at);
    if (value === '__proto__') throw new Unreadable(PROTO, at);
    if (typeof value === 'string') {
      if (!value.isWellFormed()) throw new Unreadable(ILL_FORMED, at);
      spend(0, value.length, at);
      return value;
    }
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new Unreadable('A key must be a string.', at);
  }

  function resolve(alias: Alias, at: number, depth: number): unknown {
    budget.aliases += 1;
    if (budget.aliases > LIMITS.aliases) {
      throw new Unreadable(`The documents use more than ${LIMITS.aliases} aliases.`, at);
    }
    const anchored = anchors.get(alias.source);
    if (anchored === undefined)
      throw new Unreadable(`The alias *${alias.source} has no anchor before it.`, at);
    spend(anchored.size, anchored.characters, at);
    deepest = Math.max(deepest, depth + anchored.height);
    if (deepest > LIMITS.depth) throw new Unreadable(TOO_DEEP, at);
    return anchored.value;
  }

  return { value: convert(document.contents, document.range[0], 1), offsets, rounded };
}

const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** Only tags of the core schema mean the same to every reader. */
function refuseTag(node: Node | undefined, at: number): void {
  if (node?.tag !== undefined && !CORE_TAGS.has(node.tag))
    throw new Unreadable(`The tag ${node.tag} is not allowed.`, at);
}

/**
 * Why a key cannot be read: kubectl's reader takes a plain `on` for true and `010` for 8. What both readers
 * take for the same text, such as `1` or `true`, is no problem.
 */
function keyProblem(node: Node | null | undefined): string | undefined {
  if (!isScalar(node) || node.type !== Scalar.PLAIN || node.tag !== undefined) return undefined;
  const source = node.source ?? '';
  // The merge key has a meaning of its own, and an empty key or null is refused as no string.
  if (source === '<<' || node.value === null) return undefined;
  if (typeof node.value !== 'string' && String(node.value) === source) return undefined;
  if (typeof node.value === 'string' && isStringInYaml11(source)) return undefined;
  return `The key ${source.slice(0, 100)} is not a string to every reader of YAML: kubectl reads some such words as true, false, null or a number. Quote it: ${JSON.stringify(source.slice(0, 100))}.`;
}

function isNodeLike(value: unknown): value is Node {
  return isAlias(value) || isScalar(value) || isMap(value) || isSeq(value);
}

function offsetOf(value: unknown, offsets: Offsets, path: Path, root: number): number {
  let offset = root;
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return offset;
    const next = offsets.get(current)?.get(step);
    if (next === undefined) return offset;
    offset = next;
    current = memberOf(current, step);
  }
  return offset;
}

function memberOf(value: object, step: string | number): unknown {
  return Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined;
}
