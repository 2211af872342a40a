import { LIMITS } from '../../model/limits.ts';
import { isMapping, member } from '../mapping.ts';
import type { SkippedKinds } from './skipped-documents.ts';

/** A JSON text in which nothing is wrong. */
export interface SimpleJson {
  readonly value: unknown;
  /** The indices of the items of the list `items`, of the object that is the text, that have their kind alone. */
  readonly skipped: ReadonlySet<number>;
}

/**
 * Reads a JSON text by `JSON.parse`, if what that tells no one about is certain: that no key is repeated, and that the
 * text is well within our limits. Whatever is wrong, or not certain, is left to the pass over the whole text that tells
 * what it is and where.
 *
 * @returns undefined if the text must be read by that.
 *
 * @example
 * readSimpleJson('{"a": 1}', 10, () => undefined)?.value; // => { a: 1 }
 * readSimpleJson('{"a": 1, "a": 2}', 10, () => undefined); // => undefined
 */
export function readSimpleJson(text: string, nodes: number, kinds: SkippedKinds): SimpleJson | undefined {
  const strings = stringsIn(text, Math.min(nodes, LIMITS.documentNodes));
  if (strings === undefined || !text.isWellFormed()) return undefined;
  const value = parsed(text);
  // Of keys that are repeated, JSON.parse keeps one: then it gives fewer strings than the text has.
  if (value === undefined || stringsOf(value, 0) !== strings) return undefined;
  return { value, skipped: skipItems(value, kinds) };
}

/** All characters up to this one are white space between the parts of a text. */
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const LIST = 91;
const BACKSLASH = 92;
const OBJECT = 123;

/**
 * How many strings a JSON text has, keys included.
 *
 * @param most How many values it may have at most. Those are counted roughly, and never too low.
 * @returns undefined if it may have more, or if it has half of a surrogate pair or a key with an escape: some versions
 *   of V8 take such a key for another that they have seen after the same keys.
 */
function stringsIn(text: string, most: number): number | undefined {
  let quotes = 0;
  let values = 1;
  let start = 0;
  let escaped = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      quotes += 1;
      if (quotes % 2 === 1) start = at;
      else if (escaped > start && isKey(text, at + 1)) return undefined;
    } else if (code === COMMA || code === LIST || code === OBJECT) {
      values += 1;
      if (values > most) return undefined;
    } else if (code === BACKSLASH) {
      if (isSurrogate(text, at)) return undefined;
      escaped = at;
      at += 1;
    }
  }
  return quotes / 2;
}

/** Whether an escape may be half of a surrogate pair: those begin with a D. */
function isSurrogate(text: string, backslash: number): boolean {
  return /^u[dD]/.test(text.slice(backslash + 1, backslash + 3));
}

/** Whether a string that ends at a place is a key. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at) <= SPACE) at += 1;
  return text.charCodeAt(at) === COLON;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many strings a value has, keys included; NaN if it is too deep, or has a key that is not allowed. */
function stringsOf(value: unknown, depth: number): number {
  if (typeof value === 'string') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === LIMITS.depth) return Number.NaN;
  let strings = 0;
  if (Array.isArray(value)) {
    for (const item of value) strings += stringsOf(item, depth + 1);
    return strings;
  }
  if (!isMapping(value)) return 0;
  for (const key of Object.keys(value))
    strings += key === '__proto__' ? Number.NaN : 1 + stringsOf(value[key], depth + 1);
  return strings;
}

/** Leaves of each item of a list of objects that need not be read its kind alone. @returns Which items these are. */
function skipItems(list: unknown, kinds: SkippedKinds): Set<number> {
  const skipped = new Set<number>();
  const items = member(list, 'items');
  if (!Array.isArray(items)) return skipped;
  for (const [index, item] of items.entries()) {
    const [apiVersion, kind] = [member(item, 'apiVersion'), member(item, 'kind')];
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') continue;
    const known = kinds(apiVersion, kind);
    if (known === undefined || !Object.keys(item).every((key) => known.includes(key))) continue;
    items[index] = { apiVersion, kind };
    skipped.add(index);
  }
  return skipped;
}
