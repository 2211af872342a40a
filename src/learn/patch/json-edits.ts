import { type Node, parseTree } from 'jsonc-parser';
import { applied, type Change, type Members } from './change.ts';
import { type Edit, indentationAt, lineBreakOf, withEdits } from './edits.ts';
import { editCollection, type FlowSite, type FlowStyle, flowText, type NewMember } from './flow-text.ts';

/** The longest list that stays on one line where the text has a line for each member otherwise, in characters. */
const ONE_LINE = 100;

/** A JSON text after a change of its value. What does not change stays as it is, character by character. */
export function changedJson(text: string, change: Change): string {
  const root = parseTree(text, [], { disallowComments: true });
  if (root === undefined) return text;
  const edits: Edit[] = [];
  editNode({ text, style: styleOf(text, root), edits }, root, change);
  return withEdits(text, edits);
}

/** A text that is being edited. */
interface Editing {
  readonly text: string;
  readonly style: FlowStyle;
  readonly edits: Edit[];
}

/** How a JSON text is written, as its first member shows. */
function styleOf(text: string, root: Node): FlowStyle {
  const first = root.children?.[0];
  const [key, value] = first?.type === 'property' ? (first.children ?? []) : [];
  const between = key && value ? text.slice(key.offset + key.length, value.offset) : ': ';
  const isTight = !/\s/.test(between);
  const hasLines = first !== undefined && text.slice(root.offset, first.offset).includes('\n');
  const outer = indentationAt(text, root.offset).length;
  return {
    quoted: true,
    colon: isTight ? ':' : ': ',
    comma: isTight ? ',' : ', ',
    lineBreak: lineBreakOf(text),
    unit: hasLines ? indentationAt(text, first.offset).slice(outer) : undefined,
  };
}

function editNode(editing: Editing, node: Node, change: Change): void {
  if (change.kind === 'members' && node.type === 'object') editObject(editing, node, change.members);
  else if (change.kind === 'members' && node.type === 'array') editArray(editing, node, change.members);
  else editing.edits.push(replaced(editing, node, applied(undefined, change)));
}

function replaced({ text, style }: Editing, node: Node, value: unknown): Edit {
  const end = node.offset + node.length;
  const isOneLine = node.children?.length !== 0 && !text.slice(node.offset, end).includes('\n');
  const short = flowText(value, { ...style, unit: undefined }, '');
  const fits = isOneLine && node.type === 'array' && short.length <= ONE_LINE;
  const whole = fits ? short : flowText(value, style, indentationAt(text, node.offset));
  return { start: node.offset, end, text: whole };
}

function editObject(editing: Editing, node: Node, members: Members): void {
  const indices = new Map((node.children ?? []).map((child, index) => [child.children?.[0]?.value, index]));
  const removed = new Set<number>();
  const added: NewMember[] = [];
  for (const [step, change] of members) {
    const index = indices.get(String(step));
    const child = index === undefined ? undefined : node.children?.[index]?.children?.[1];
    if (child === undefined || index === undefined) {
      if (change.kind !== 'removed') added.push({ key: String(step), value: applied(undefined, change) });
    } else if (change.kind === 'removed') removed.add(index);
    else editNode(editing, child, change);
  }
  if (removed.size === 0 && added.length === 0) return;
  editing.edits.push(...editCollection(editing.text, siteOf(node), removed, added, editing.style));
}

function editArray(editing: Editing, node: Node, members: Members): void {
  const added: NewMember[] = [];
  for (const [step, change] of members) {
    const child = node.children?.[Number(step)];
    if (child === undefined) added.push({ key: undefined, value: applied(undefined, change) });
    else editNode(editing, child, change);
  }
  if (added.length === 0) return;
  editing.edits.push(...editCollection(editing.text, siteOf(node), new Set(), added, editing.style));
}

function siteOf({ offset, length, children = [] }: Node): FlowSite {
  return {
    start: offset,
    end: offset + length,
    members: children.map((child) => ({ start: child.offset, end: child.offset + child.length })),
  };
}
