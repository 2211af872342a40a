/**
 * Text within brackets: JSON, and the flow style of YAML.
 * @module
 */
import { isMapping } from '../../compiler/read/mapping.ts';
import { type Edit, indentationAt, lineEnd, lineStart } from './edits.ts';
import { scalarText } from './scalar-text.ts';

/** How text within brackets is written. */
export interface FlowStyle {
  /** Whether every key and text is in double quotes, as in JSON. */
  readonly quoted: boolean;
  /** What stands between a key and its value. */
  readonly colon: ': ' | ':';
  /** What stands between two members on one line. */
  readonly comma: ', ' | ',';
  readonly lineBreak: string;
  /** By how much members are indented when each has a line of its own; undefined where all stand on one line. */
  readonly unit: string | undefined;
}

/** A collection in a text, with where its brackets and its members stand. */
export interface FlowSite {
  /** Where the opening bracket stands. */
  readonly start: number;
  /** Behind the closing bracket. */
  readonly end: number;
  readonly members: readonly { readonly start: number; readonly end: number }[];
}

/** A member that is added: without a key to a list, with one to a mapping. */
export interface NewMember {
  readonly key: string | undefined;
  readonly value: unknown;
}

/** The text of a value. `indentation` is that of the line on which it begins. */
export function flowText(value: unknown, style: FlowStyle, indentation: string): string {
  const inner = `${indentation}${style.unit ?? ''}`;
  if (Array.isArray(value))
    return bracketed(
      '[]',
      value.map((item) => flowText(item, style, inner)),
      style,
      indentation,
    );
  if (!isMapping(value)) return typeof value === 'string' ? flowScalar(value, style) : String(value);
  const members = Object.entries(value).map(([key, each]) => memberText({ key, value: each }, style, inner));
  return bracketed('{}', members, style, indentation);
}

function flowScalar(text: string, { quoted }: FlowStyle): string {
  return quoted ? JSON.stringify(text) : scalarText(text);
}

function memberText({ key, value }: NewMember, style: FlowStyle, indentation: string): string {
  const text = flowText(value, style, indentation);
  return key === undefined ? text : `${flowScalar(key, style)}${style.colon}${text}`;
}

function bracketed(
  [open, close]: string,
  members: readonly string[],
  { unit, comma, lineBreak }: FlowStyle,
  indentation: string,
): string {
  if (unit === undefined || members.length === 0) return `${open}${members.join(comma)}${close}`;
  const lines = members.map((member) => `${lineBreak}${indentation}${unit}${member}`);
  return `${open}${lines.join(',')}${lineBreak}${indentation}${close}`;
}

/** The edits that remove members of a collection, by their indices, and add others behind the rest. */
export function editCollection(
  text: string,
  site: FlowSite,
  removed: ReadonlySet<number>,
  added: readonly NewMember[],
  style: FlowStyle,
): Edit[] {
  const kept = site.members.filter((_, index) => !removed.has(index));
  const last = kept.at(-1);
  if (last === undefined) return [refilled(text, site, added, style)];
  const edits = removals(text, site, removed);
  if (added.length === 0) return edits;
  const indentation = indentationAt(text, last.start);
  if (lineStart(text, last.start) + indentation.length !== last.start) {
    const oneLine = { ...style, unit: undefined };
    const texts = added.map((member) => `${style.comma}${memberText(member, oneLine, '')}`);
    return [...edits, { start: last.end, end: last.end, text: texts.join('') }];
  }
  const lines = { ...style, unit: style.unit ?? '  ' };
  const texts = added.map((member) => memberText(member, lines, indentation));
  const joined = texts.join(`,${style.lineBreak}${indentation}`);
  // A comment behind the last member stays on its line.
  const rest = /^(\s*,)?\s*(#.*)?$/.exec(text.slice(last.end, lineEnd(text, last.end)));
  if (rest === null || last !== site.members.at(-1))
    return [...edits, insertion(last.end, `,${style.lineBreak}${indentation}${joined}`)];
  const comma = rest[1] === undefined ? [insertion(last.end, ',')] : [];
  return [
    ...edits,
    ...comma,
    insertion(lineEnd(text, last.end), `${style.lineBreak}${indentation}${joined}`),
  ];
}

function insertion(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

/** Writes new members into a collection of which no member stays. Comments stay before them. */
function refilled(text: string, site: FlowSite, added: readonly NewMember[], style: FlowStyle): Edit {
  const [first] = site.members;
  const last = site.members.at(-1);
  if (first === undefined || last === undefined) return filled(text, site, added, style);
  const comma = /^\s*,/.exec(text.slice(last.end, site.end))?.[0] ?? '';
  const indentation = indentationAt(text, first.start);
  const hasLines = lineStart(text, first.start) + indentation.length === first.start;
  const texts = added.map((member) =>
    memberText(member, hasLines ? style : { ...style, unit: undefined }, indentation),
  );
  const between = hasLines ? `,${style.lineBreak}${indentation}` : style.comma;
  return { start: first.start, end: last.end + comma.length, text: texts.join(between) };
}

/** Fills an empty collection. Where there are comments in it, the closing bracket has a line of its own. */
function filled(text: string, site: FlowSite, added: readonly NewMember[], style: FlowStyle): Edit {
  const end = site.end - 1;
  if (text.slice(site.start + 1, end).trim() !== '') {
    const indentation = indentationAt(text, end);
    const inner = `${indentation}${style.unit ?? '  '}`;
    const lines = added.map((member) => memberText(member, style, inner)).join(`,${style.lineBreak}${inner}`);
    return { start: end, end, text: `${style.unit ?? '  '}${lines}${style.lineBreak}${indentation}` };
  }
  const indentation = indentationAt(text, site.start);
  const members = added.map((member) => memberText(member, style, `${indentation}${style.unit ?? ''}`));
  return { start: site.start + 1, end, text: bracketed('{}', members, style, indentation).slice(1, -1) };
}

/** A comma with what stands behind it up to the next member or comment. */
const COMMA = /\s*,[ \t]*(?:\r?\n[ \t]*)?/y;

/** The edits that remove some members of a collection, of which others stay. */
function removals(text: string, { members }: FlowSite, removed: ReadonlySet<number>): Edit[] {
  return members.flatMap((member, index) => {
    if (!removed.has(index)) return [];
    const next = members[index + 1];
    const keptAfter = members.some((_, other) => other > index && !removed.has(other));
    if (next !== undefined && keptAfter) {
      const comma = new RegExp(COMMA);
      comma.lastIndex = member.end;
      const end = comma.test(text) ? comma.lastIndex : next.start;
      return [{ start: member.start, end, text: '' }];
    }
    const before = members[index - 1]?.end ?? member.start;
    const comma = /^\s*,(?=.*#)/s.exec(text.slice(before, member.start))?.[0];
    if (comma === undefined) return [{ start: before, end: member.end, text: '' }];
    // Comments between the two stay.
    return [
      { start: before, end: before + comma.length, text: '' },
      { start: member.start, end: member.end, text: '' },
    ];
  });
}
