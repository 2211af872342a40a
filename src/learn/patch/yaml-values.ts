import { isScalar, isSeq, type Node, Scalar, type YAMLSeq } from 'yaml';
import { bodyLines, itemLines, scalarLines } from './block-text.ts';
import { lineEnd, lineStart, nextLine } from './edits.ts';
import { flowText } from './flow-text.ts';
import {
  insertLines,
  type Site,
  writeBelow,
  writeInBrackets,
  writeInPlace,
  type YamlEditing,
} from './yaml-editing.ts';
import { dashesOf, endOf, isFlow, isLeftOut, nodeOf, startOf } from './yaml-nodes.ts';
import { flowStyleOf } from './yaml-style.ts';

/** The longest list that is written in brackets, in characters. */
const ONE_LINE = 80;

/** Writes a text in place of a value. */
export function writeText(editing: YamlEditing, node: Node | undefined, value: string, site: Site): void {
  const { text, edits, style } = editing;
  if (site.brackets !== undefined) {
    writeInBrackets(editing, node, value, flowStyleOf(site.brackets, text), site);
    return;
  }
  const [first = '', ...others] = scalarLines(value, site.column, style);
  if (node !== undefined && isBlockScalar(node)) {
    const start = startOf(node);
    const comment = /\s+#.*$/.exec(text.slice(start, lineEnd(text, start)))?.[0] ?? '';
    const lines = [`${first}${comment}`, ...others].join(style.lineBreak);
    edits.push({ start, end: endOf(node, text), text: lines });
    return;
  }
  writeInPlace(editing, node, first, site);
  const end = node === undefined || isLeftOut(node) ? (site.after ?? 0) : endOf(node, text);
  if (others.length > 0) insertLines(editing, nextLine(text, end), others);
}

function isBlockScalar(node: Node): boolean {
  return isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED);
}

/** Writes a list in place of a value. Of a list with a line for each item, the items that stay are not touched. */
export function writeList(
  editing: YamlEditing,
  node: Node | undefined,
  list: readonly string[],
  site: Site,
): void {
  const { text, style } = editing;
  if (isSeq(node) && !isFlow(node)) {
    writeItems(editing, node, list);
    return;
  }
  const brackets = isSeq(node) ? node : site.brackets;
  const flow = flowStyleOf(brackets, text);
  const stays = site.brackets !== undefined || (isSeq(node) && flowText(list, flow, '').length <= ONE_LINE);
  if (stays) writeInBrackets(editing, node, list, flow, site);
  else writeBelow(editing, node, site, bodyLines(list, site.column, style), list);
}

function writeItems(editing: YamlEditing, node: YAMLSeq, list: readonly string[]): void {
  const { text, edits, style } = editing;
  const dashes = dashesOf(node);
  const items = node.items.map((item, index) => {
    const content = nodeOf(item);
    const dash = dashes[index] ?? 0;
    return {
      text: isScalar(content) ? content.value : undefined,
      start: lineStart(text, dash),
      end: nextLine(text, content === undefined ? dash : Math.max(dash, endOf(content, text))),
    };
  });
  const column = (dashes[0] ?? 0) - lineStart(text, dashes[0] ?? 0);
  let place = items[0]?.start ?? 0;
  // The first one of equal items stays.
  const first = new Map(items.map((item, index): [unknown, number] => [item.text, index]).toReversed());
  const kept = new Set<number>();
  for (const binary of list) {
    const index = first.get(binary);
    if (index === undefined) insertLines(editing, place, itemLines(binary, column, style));
    else {
      kept.add(index);
      place = items[index]?.end ?? place;
    }
  }
  for (const [index, { start, end }] of items.entries())
    if (!kept.has(index)) edits.push({ start, end, text: '' });
}
