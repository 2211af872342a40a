import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLSeq,
} from 'yaml';
import { LIMITS } from '../../model/limits.ts';
import { isOctal } from '../../model/yaml-1-1.ts';
import type { Offsets } from './offsets.ts';
import { isRounded } from './rounded.ts';
import { ILL_FORMED, PROTO, repeatedKey, TOO_DEEP, Unreadable } from './unreadable.ts';
import type { Budget } from './yaml-budget.ts';
import { isMergeKey, keyProblem, refuseTag } from './yaml-keys.ts';

/** A YAML document as JSON data. */
export interface PlainData {
  readonly value: unknown;
  readonly offsets: Offsets;
  /** The offsets of numbers that JavaScript reads as other integers than those written. */
  readonly rounded: readonly number[];
}

/**
 * Turns a composed document into JSON data, and remembers where each member began.
 *
 * @param budget What the documents of the body may still hold; it is spent.
 * @throws Unreadable for what has no JSON form, what readers of YAML do not agree on, and beyond our limits.
 */
export function toPlainData(document: Document.Parsed, budget: Budget): PlainData {
  const conversion = new Conversion(budget);
  const value = conversion.convert(document.contents, document.range[0], 1);
  return { value, offsets: conversion.offsets, rounded: conversion.rounded };
}

/**
 * Half of a surrogate pair. Unlike `isWellFormed`, a pattern also has V8 make one piece of the text, which a block of
 * many lines is put together from and would otherwise keep.
 */
const HALF = /\p{Cs}/u;

/** What an anchor names. */
interface Anchored {
  readonly value: unknown;
  /** Why it cannot be a key, if it is a plain scalar that readers do not agree on. */
  readonly keyProblem: string | undefined;
  /** How many values it holds, those behind its own aliases included. */
  readonly nodes: number;
  /** How many characters its strings hold, counted likewise. */
  readonly characters: number;
  /** How many levels there are below it. */
  readonly height: number;
}

/** A merge key of a mapping. */
interface Merge {
  /** The mapping, or the list of mappings, that is merged. */
  readonly source: unknown;
  readonly at: number;
  /** The keys of the mapping up to the merge key. */
  readonly before: ReadonlySet<string>;
}

/** A mapping that is being built, with the offsets of its members. */
interface Target {
  readonly object: Record<string, unknown>;
  readonly places: Map<string | number, number>;
}

/** The conversion of one document. Offsets named `at` are where a fault would be reported. */
class Conversion {
  readonly offsets: Offsets = new WeakMap();
  readonly rounded: number[] = [];
  private readonly budget: Budget;
  private readonly anchors = new Map<string, Anchored>();
  /** The deepest level that was reached in the node that is being converted. */
  private deepest = 0;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  convert(node: Node | null | undefined, fallbackOffset: number, depth: number): unknown {
    const at = node?.range?.[0] ?? fallbackOffset;
    if (depth > LIMITS.depth) throw new Unreadable(TOO_DEEP, at);
    if (isAlias(node)) return this.resolve(node, at, depth).value;
    const before = this.budget.spent;
    this.budget.spend(1, 0, at);
    const deepestOutside = this.deepest;
    this.deepest = depth;
    const value = this.convertContent(node, at, depth);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) {
      const { nodes, characters } = this.budget.spent;
      this.anchors.set(anchor, {
        value,
        keyProblem: keyProblem(node),
        nodes: nodes - before.nodes,
        characters: characters - before.characters,
        height: this.deepest - depth,
      });
    }
    this.deepest = Math.max(this.deepest, deepestOutside);
    return value;
  }

  private convertContent(node: Node | null | undefined, at: number, depth: number): unknown {
    if (node === null || node === undefined) return null;
    refuseTag(node, at);
    if (isScalar(node)) return this.readScalar(node, at);
    if (isSeq(node)) return this.readItems(node, at, depth);
    return isMap(node) ? this.readPairs(node.items, at, depth) : null;
  }

  private readItems({ items: nodes }: YAMLSeq, at: number, depth: number): unknown[] {
    const items: unknown[] = [];
    const places = new Map<string | number, number>();
    this.offsets.set(items, places);
    for (const item of nodes) {
      const child = isNode(item) ? item : undefined;
      places.set(items.length, child?.range?.[0] ?? at);
      items.push(isPair(item) ? this.pairAsMap(item, at, depth) : this.convert(child, at, depth + 1));
    }
    return items;
  }

  /** `[a: b]` is a sequence of one mapping with one pair. */
  private pairAsMap(pair: Pair, at: number, depth: number): unknown {
    this.budget.spend(1, 0, at);
    return this.readPairs([pair], at, depth + 1);
  }

  private readPairs(pairs: readonly Pair[], at: number, depth: number): unknown {
    const target: Target = { object: {}, places: new Map() };
    this.offsets.set(target.object, target.places);
    const seen = new Set<string>();
    const merges: Merge[] = [];
    for (const pair of pairs) {
      const keyNode = isNode(pair.key) ? pair.key : undefined;
      const keyAt = keyNode?.range?.[0] ?? at;
      const key = this.readKey(keyNode, keyAt);
      if (seen.has(key)) throw new Unreadable(repeatedKey(key), keyAt);
      seen.add(key);
      const valueNode = isNode(pair.value) ? pair.value : undefined;
      const value = this.convert(valueNode, keyAt, depth + 1);
      if (isMergeKey(keyNode)) {
        merges.push({ source: value, at: keyAt, before: new Set(seen) });
      } else {
        target.places.set(key, valueNode?.range?.[0] ?? keyAt);
        target.object[key] = value;
      }
    }
    for (const each of merges) this.merge(target, each);
    return target.object;
  }

  /** Adds the members of merged mappings. Explicit keys win over merged ones, and earlier sources over later ones. */
  private merge({ object, places }: Target, { source, at, before }: Merge): void {
    for (const from of Array.isArray(source) ? source : [source]) {
      if (typeof from !== 'object' || from === null || Array.isArray(from)) {
        throw new Unreadable('A merge key (<<) needs a mapping or a list of mappings.', at);
      }
      const origin = this.offsets.get(from);
      for (const [key, value] of Object.entries(from)) {
        if (before.has(key)) {
          // kubectl's reader merges in order and would overwrite the key; other readers would not.
          throw new Unreadable(
            `The merge key (<<) must stand before the key ${JSON.stringify(key)}, which it holds too.`,
            at,
          );
        }
        if (Object.hasOwn(object, key)) continue;
        this.budget.spend(1, 0, at);
        object[key] = value;
        places.set(key, origin?.get(key) ?? at);
      }
    }
  }

  private readScalar({ value, source = '' }: Scalar, at: number): unknown {
    if (typeof value === 'string') return this.readString(value, at);
    // As kubectl reads it: defaultMode: 0644 is 420.
    if (typeof value === 'number' && isOctal(source)) return Number.parseInt(source, 8);
    if (typeof value === 'number' && isRounded(source)) this.rounded.push(at);
    if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
      return value;
    throw new Unreadable('The value has no JSON form.', at);
  }

  private readString(text: string, at: number): string {
    if (HALF.test(text)) throw new Unreadable(ILL_FORMED, at);
    this.budget.spend(0, text.length, at);
    return text;
  }

  private readKey(node: Node | undefined, at: number): string {
    refuseTag(node, at);
    const { value, keyProblem: problem } = this.keyContent(node, at);
    if (problem !== undefined) throw new Unreadable(problem, at);
    if (value === '__proto__') throw new Unreadable(PROTO, at);
    if (typeof value === 'string') return this.readString(value, at);
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new Unreadable('A key must be a string.', at);
  }

  /** What a key says, itself or as an alias. Collections say nothing as keys. */
  private keyContent(node: Node | undefined, at: number): Pick<Anchored, 'value' | 'keyProblem'> {
    if (isAlias(node)) return this.resolve(node, at, 1);
    if (!isScalar(node)) return { value: undefined, keyProblem: undefined };
    const content = { value: node.value, keyProblem: keyProblem(node) };
    if (node.anchor !== undefined) {
      const characters = String(node.value).length;
      this.anchors.set(node.anchor, { ...content, nodes: 1, characters, height: 0 });
    }
    return content;
  }

  private resolve(alias: Alias, at: number, depth: number): Anchored {
    this.budget.useAlias(at);
    const anchored = this.anchors.get(alias.source);
    if (anchored === undefined)
      throw new Unreadable(`The alias *${alias.source} has no anchor before it.`, at);
    this.budget.spend(anchored.nodes, anchored.characters, at);
    this.deepest = Math.max(this.deepest, depth + anchored.height);
    if (this.deepest > LIMITS.depth) throw new Unreadable(TOO_DEEP, at);
    return anchored;
  }
}
