import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isSeq,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Path } from '../../compiler/model/pointer.ts';
import { bodyLines, itemLines, memberLines } from './block-text.ts';
import { applied, type Change, type Members } from './change.ts';
import { lineBreakOf, lineStart, nextLine, withEdits } from './edits.ts';
import { editCollection, flowText, type NewMember } from './flow-text.ts';
import {
  insertLines,
  type Site,
  writeBelow,
  writeInBrackets,
  writeInPlace,
  type YamlEditing,
} from './yaml-editing.ts';
import {
  behindAlias,
  columnOf,
  composedDocuments,
  endOf,
  isFlow,
  isNull,
  nodeOf,
  pairEnd,
  pairOf,
  pairStart,
  startOf,
  valueStart,
} from './yaml-nodes.ts';
import { YamlObstacles } from './yaml-obstacles.ts';
import { blockStyleOf, flowStyleOf } from './yaml-style.ts';
import { writeList, writeText } from './yaml-values.ts';

/** A YAML text whose documents can be changed. What does not change stays as it is, character by character. */
export class YamlText {
  readonly #text: string;
  /** The text with a line break at its end, which spares every edit a special case. */
  readonly #ended: string;
  /** Composed when they are first needed. */
  #composed: readonly Document.Parsed[] | undefined;

  /** The text must have been read by `parseYamlDocuments` of the compiler before, which keeps it within the limits. */
  constructor(text: string) {
    this.#text = text;
    this.#ended = text.endsWith('\n') ? text : `${text}${lineBreakOf(text)}`;
  }

  get #documents(): readonly Document.Parsed[] {
    this.#composed ??= composedDocuments(this.#ended);
    return this.#composed;
  }

  /** Why some changes of a document cannot be made in the text, each undefined if it can. `value` is the document as data. */
  obstacles(index: number, value: unknown): (change: Change) => string | undefined {
    const document = this.#documents[index];
    if (document === undefined) return () => 'There is no such document.';
    const obstacles = new YamlObstacles(this.#ended, document, value);
    return (change) => obstacles.of(change);
  }

  /** Whether a value at a path of a document stands in brackets, or would if it were written. */
  isInBrackets(index: number, path: Path): boolean {
    let node = nodeOf(this.#documents[index]?.contents);
    for (const step of path) {
      if (!isMap(node) && !isSeq(node)) return false;
      if (isFlow(node)) return isSeq(node) || !isBlank(node, this.#ended);
      node = nodeOf(isMap(node) ? pairOf(node, step)?.value : node.items[Number(step)]);
    }
    return false;
  }

  /**
   * The text after changes of its documents, none of which has an obstacle.
   *
   * @param changes The changes by the indices of the documents.
   */
  changed(changes: ReadonlyMap<number, Change>): string {
    const text = this.#ended;
    const edits = this.#documents.flatMap((document, index) => {
      const change = changes.get(index);
      if (change === undefined) return [];
      const editing: YamlEditing = { text, document, style: blockStyleOf(document, text), edits: [] };
      editNode(editing, nodeOf(document.contents), change, {
        brackets: undefined,
        column: 0,
        after: undefined,
      });
      return editing.edits;
    });
    const changed = withEdits(text, edits);
    return text === this.#text ? changed : changed.slice(0, -lineBreakOf(text).length);
  }
}

function editNode(editing: YamlEditing, node: Node | undefined, change: Change, site: Site): void {
  if (change.kind === 'removed') return;
  if (change.kind === 'written') {
    if (typeof change.value === 'string') writeText(editing, node, change.value, site);
    else writeList(editing, node, change.value, site);
  } else if (isSeq(node)) editList(editing, node, change.members);
  else if (isAlias(node)) mergeAlias(editing, node, change, site);
  else if (!isMap(node) || isBlank(node, editing.text)) fill(editing, node, applied(undefined, change), site);
  else if (isFlow(node)) editBrackets(editing, node, change.members);
  else editBlock(editing, node, change.members, site);
}

/** Whether a mapping is empty brackets, with nothing in them but spaces. */
function isBlank(map: YAMLMap, text: string): boolean {
  return (
    isFlow(map) && map.items.length === 0 && /^\{\s*\}$/.test(text.slice(startOf(map), endOf(map, text)))
  );
}

/** Writes a mapping where none was, or an empty one. */
function fill(editing: YamlEditing, node: Node | undefined, value: unknown, site: Site): void {
  const { text, style } = editing;
  if (site.brackets !== undefined)
    writeInBrackets(editing, node, value, flowStyleOf(site.brackets, text), site);
  else writeBelow(editing, node, site, bodyLines(value, site.column, style), value);
}

/** Adds members to an alias, which becomes a merge key: what the alias stands for is not touched. */
function mergeAlias(editing: YamlEditing, node: Alias, change: Change, site: Site): void {
  const { document, style } = editing;
  const made = applied(undefined, change);
  if (isNull(behindAlias(node, document))) {
    fill(editing, node, made, site);
    return;
  }
  const merge = `<<: *${node.source}`;
  if (site.brackets !== undefined) {
    const members = flowText(made, flowStyleOf(undefined, editing.text), '').slice(1, -1);
    writeInPlace(editing, node, `{${merge}, ${members}}`, site);
    return;
  }
  const pad = ' '.repeat(site.column + style.step);
  writeBelow(editing, node, site, [`${pad}${merge}`, ...bodyLines(made, site.column, style)], made);
}

function editList(editing: YamlEditing, list: YAMLSeq, members: Members): void {
  const { text, style } = editing;
  const added: unknown[] = [];
  const brackets = isFlow(list) ? list : undefined;
  for (const [index, change] of members) {
    const item = nodeOf(list.items[Number(index)]);
    if (item === undefined) added.push(applied(undefined, change));
    else editNode(editing, item, change, { brackets, column: columnOf(list), after: undefined });
  }
  if (added.length === 0) return;
  if (brackets === undefined) {
    const lines = added.flatMap((item) => itemLines(item, columnOf(list), style));
    insertLines(editing, nextLine(text, endOf(list, text)), lines);
    return;
  }
  const items = list.items.flatMap((item) => nodeOf(item) ?? []);
  const site = {
    start: startOf(list),
    end: endOf(list, text),
    members: items.map((item) => ({ start: startOf(item), end: endOf(item, text) })),
  };
  const values = added.map((value): NewMember => ({ key: undefined, value }));
  editing.edits.push(...editCollection(text, site, new Set(), values, flowStyleOf(list, text)));
}

/** What changes in a mapping itself; the members that it keeps are edited. */
function membersOf(
  editing: YamlEditing,
  map: YAMLMap,
  members: Members,
  brackets: YAMLMap | undefined,
): { readonly removed: ReadonlySet<number>; readonly added: readonly NewMember[] } {
  const removed = new Set<number>();
  const added: NewMember[] = [];
  for (const [step, change] of members) {
    const pair = pairOf(map, step);
    if (pair === undefined) {
      if (change.kind !== 'removed') added.push({ key: String(step), value: applied(undefined, change) });
    } else if (change.kind === 'removed') removed.add(map.items.indexOf(pair));
    else {
      const site = { brackets, column: columnOf(map), after: valueStart(pair) };
      editNode(editing, nodeOf(pair.value), change, site);
    }
  }
  return { removed, added };
}

function editBrackets(editing: YamlEditing, map: YAMLMap, members: Members): void {
  const { text, edits } = editing;
  const { removed, added } = membersOf(editing, map, members, map);
  if (removed.size === 0 && added.length === 0) return;
  const site = {
    start: startOf(map),
    end: endOf(map, text),
    members: map.items.map((pair) => ({ start: pairStart(pair), end: pairEnd(pair, text) })),
  };
  edits.push(...editCollection(text, site, removed, added, flowStyleOf(map, text)));
}

function editBlock(editing: YamlEditing, map: YAMLMap, members: Members, { after }: Site): void {
  const { text, edits, style } = editing;
  const { removed, added } = membersOf(editing, map, members, undefined);
  for (const [index, pair] of map.items.entries()) {
    if (!removed.has(index)) continue;
    edits.push({
      start: lineStart(text, pairStart(pair)),
      end: nextLine(text, pairEnd(pair, text)),
      text: '',
    });
  }
  if (removed.size === map.items.length && added.length === 0 && after !== undefined)
    edits.push({ start: after, end: after, text: ' {}' });
  for (const { key = '', value } of added) {
    const place = key === 'metadata' ? above(map, text) : nextLine(text, endOf(map, text));
    insertLines(editing, place, memberLines(key, value, columnOf(map), style));
  }
}

/**
 * Where a first member of a mapping is written: above the one that was first and the comments that belong to it, so
 * that the metadata of a pod stand above its spec. Below all others where the first one has no line of its own.
 */
function above(map: YAMLMap, text: string): number {
  const [first] = map.items;
  const start = first === undefined ? startOf(map) : pairStart(first);
  let place = lineStart(text, start);
  if (text.slice(place, start).trim() !== '') return nextLine(text, endOf(map, text));
  while (place > 0 && /^[ \t]*#/.test(text.slice(lineStart(text, place - 1), place)))
    place = lineStart(text, place - 1);
  return place;
}
