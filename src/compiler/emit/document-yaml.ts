import type { Manifest } from './tracing-policy.ts';
import { scalarType } from './yaml-scalars.ts';

/** What manifests are made of. */
type Value = string | number | boolean | Collection;
type Collection = readonly Value[] | Mapping;
interface Mapping {
  readonly [key: string]: Value | undefined;
}

/** The longest mapping or list that is written on one line, in characters of its JSON. */
export const ONE_LINE = 96;

/** The longest key that YAML takes without a question mark before it. */
const LONGEST_KEY = 1_024;

/**
 * Writes manifests as YAML documents. They hold nothing but mappings, lists, strings, numbers and booleans, so this takes a
 * small part of the time of a general writer.
 *
 * @example
 * const podSelector = { matchLabels: { app: 'on' } };
 * const metadata = { name: 'web', labels: {} };
 * const manifest = { apiVersion: 'cilium.io/v1alpha1', kind: 'TracingPolicy', metadata, spec: { podSelector, kprobes: [] } };
 * new DocumentWriter().write(manifest)?.split('\n')[8]; // => '      app: "on"'
 */
export class DocumentWriter {
  /** The strings that were written, as they are written: the same ones are in every hook. */
  readonly #scalars = new Map<string, string>();

  /**
   * Writes a manifest.
   *
   * @returns Undefined when a string needs an escape, such as a line break: only the general writer knows all of them.
   */
  write(manifest: Manifest): string | undefined {
    const text = `${this.#lines(manifest, '\n', false)}\n`;
    return text.includes('\\') ? undefined : text;
  }

  /**
   * Writes the members of a mapping or list, each on lines of its own.
   *
   * @param newLine A line break, and what every line begins with.
   */
  #lines(value: Collection, newLine: string, insideHooks: boolean): string {
    const inner = `${newLine}  `;
    let text = '';
    if (isList(value)) {
      for (const item of value)
        text += `${text === '' ? '' : newLine}-${this.#afterMark(item, ' ', inner, insideHooks)}`;
      return text;
    }
    for (const key in value) {
      const member = value[key];
      if (member === undefined) continue;
      const name = this.#scalar(key);
      const mark = name.length > LONGEST_KEY ? `? ${name}${newLine}:` : `${name}:`;
      const isInside = insideHooks || key === 'kprobes';
      text += `${text === '' ? '' : newLine}${mark}${this.#afterMark(member, inner, inner, isInside)}`;
    }
    return text;
  }

  /**
   * Writes what follows the dash of a list or the colon of a key.
   *
   * @param start What stands between that mark and the first of several lines.
   */
  #afterMark(value: Value, start: string, newLine: string, insideHooks: boolean): string {
    if (typeof value !== 'object') return ` ${this.#scalar(value)}`;
    // The hooks are written as in the examples of Tetragon: each argument and each condition on one line.
    const isOneLine = insideHooks && roomAfter(value, ONE_LINE) >= 0;
    const lines = isOneLine ? '' : this.#lines(value, newLine, insideHooks);
    return lines === '' ? ` ${this.#line(value)}` : start + lines;
  }

  /** Writes a value on one line. */
  #line(value: Value): string {
    if (typeof value !== 'object') return this.#scalar(value);
    let text = '';
    if (isList(value)) {
      for (const item of value) text += `${text === '' ? '' : ', '}${this.#line(item)}`;
      return `[${text}]`;
    }
    for (const key in value) {
      const member = value[key];
      if (member !== undefined)
        text += `${text === '' ? '' : ', '}${this.#scalar(key)}: ${this.#line(member)}`;
    }
    return `{${text}}`;
  }

  #scalar(value: string | number | boolean): string {
    if (typeof value !== 'string') return JSON.stringify(value);
    const known = this.#scalars.get(value);
    if (known !== undefined) return known;
    const text = scalarType(value) === 'PLAIN' ? value : JSON.stringify(value);
    this.#scalars.set(value, text);
    return text;
  }
}

/**
 * The room that is left on a line after a value, in characters of JSON; negative when the value does not fit. It counts
 * strings as if none needed an escape, because a document with one that does is written by the general writer.
 */
function roomAfter(value: Value, room: number): number {
  if (typeof value === 'string') return room - value.length - 2;
  if (typeof value !== 'object') return room - String(value).length;
  // There is one comma less than there are members, and there are two brackets.
  let left = room - 1;
  if (isList(value)) {
    for (const item of value) if (left >= 0) left = roomAfter(item, left - 1);
  } else {
    for (const key in value) {
      const member = value[key];
      if (left >= 0 && member !== undefined) left = roomAfter(member, left - key.length - 4);
    }
  }
  return left === room - 1 ? room - 2 : left;
}

function isList(value: Collection): value is readonly Value[] {
  return Array.isArray(value);
}
