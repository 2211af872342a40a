import type { Document, Node, YAMLMap, YAMLSeq } from 'yaml';
import type { BlockStyle } from './block-text.ts';
import { type Edit, indentationAt, nextLine } from './edits.ts';
import { type FlowStyle, flowText } from './flow-text.ts';
import { endOf, isLeftOut, startOf } from './yaml-nodes.ts';
import { flowStyleOf } from './yaml-style.ts';

/** A YAML document that is being edited. Every line of the text ends with a line break. */
export interface YamlEditing {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly style: BlockStyle;
  /** The edits so far. */
  readonly edits: Edit[];
}

/** Where a value stands. */
export interface Site {
  /** The collection that holds it, if that is in brackets. */
  readonly brackets: YAMLMap | YAMLSeq | undefined;
  /** The column of the key that it belongs to, outside of brackets. */
  readonly column: number;
  /** Behind the colon of that key; undefined for an item of a list. */
  readonly after: number | undefined;
}

/** Inserts lines at the beginning of a line. */
export function insertLines({ edits, style }: YamlEditing, start: number, lines: readonly string[]): void {
  edits.push({ start, end: start, text: lines.map((line) => `${line}${style.lineBreak}`).join('') });
}

/** Writes a text in place of what stands there. */
export function writeInPlace(
  { edits, text }: YamlEditing,
  node: Node | undefined,
  value: string,
  { after = 0 }: Pick<Site, 'after'>,
): void {
  if (node === undefined || isLeftOut(node)) edits.push({ start: after, end: after, text: ` ${value}` });
  else edits.push({ start: startOf(node), end: endOf(node, text), text: value });
}

/** Writes a value as text within brackets is written, in place of what stands there. */
export function writeInBrackets(
  editing: YamlEditing,
  node: Node | undefined,
  value: unknown,
  style: FlowStyle,
  site: Pick<Site, 'after'>,
): void {
  const start = node === undefined || isLeftOut(node) ? (site.after ?? 0) : startOf(node);
  writeInPlace(editing, node, flowText(value, style, indentationAt(editing.text, start)), site);
}

/**
 * Writes lines below a key in place of what stands behind it. A comment behind it stays on the line of the key. A value
 * that stands elsewhere than behind its key is written in brackets where it is.
 *
 * @param value The same as the lines, for brackets.
 */
export function writeBelow(
  editing: YamlEditing,
  node: Node | undefined,
  { after = 0 }: Pick<Site, 'after'>,
  lines: readonly string[],
  value: unknown,
): void {
  const { text, edits } = editing;
  if (node === undefined || isLeftOut(node)) {
    insertLines(editing, nextLine(text, after), lines);
    return;
  }
  const between = text.slice(after, startOf(node));
  if (between.trim() !== '' || between.includes('\n')) {
    writeInBrackets(editing, node, value, flowStyleOf(undefined, text), { after });
    return;
  }
  const end = endOf(node, text);
  edits.push({ start: after, end, text: '' });
  insertLines(editing, nextLine(text, end), lines);
}
