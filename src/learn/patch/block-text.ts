/**
 * The block style of YAML, in which indentation says what belongs together.
 * @module
 */
import { isMapping } from '../../compiler/read/mapping.ts';
import { scalarText } from './scalar-text.ts';

/** How block style is written in a text. */
export interface BlockStyle {
  readonly lineBreak: string;
  /** By how many columns a mapping is indented below its key. */
  readonly step: number;
  /** By how many columns a list is indented below its key; 0 is usual too. */
  readonly listStep: number;
}

/** The lines of a member of a mapping, whose key stands in the column `indent`. */
export function memberLines(key: string, value: unknown, indent: number, style: BlockStyle): string[] {
  const head = `${' '.repeat(indent)}${scalarText(key)}:`;
  if (typeof value !== 'string') return [head, ...bodyLines(value, indent, style)];
  const [first = '', ...others] = scalarLines(value, indent, style);
  return [`${head} ${first}`, ...others];
}

/** The lines of a list or a mapping below its key, which stands in the column `indent`. */
export function bodyLines(value: unknown, indent: number, style: BlockStyle): string[] {
  if (Array.isArray(value)) {
    const column = indent + style.listStep;
    return value.flatMap((item: unknown) => itemLines(item, column, style));
  }
  const members = isMapping(value) ? Object.entries(value) : [];
  return members.flatMap(([key, each]) => memberLines(key, each, indent + style.step, style));
}

/** The lines of an item of a list, whose dash stands in the column `indent`. */
export function itemLines(item: unknown, indent: number, style: BlockStyle): string[] {
  const dash = `${' '.repeat(indent)}- `;
  if (typeof item === 'string') return [`${dash}${scalarText(item)}`];
  const members = isMapping(item) ? Object.entries(item) : [];
  const lines = members.flatMap(([key, each]) => memberLines(key, each, indent + 2, style));
  return lines.map((line, index) => (index === 0 ? `${dash}${line.slice(indent + 2)}` : line));
}

/**
 * The lines of a text that is the value of a key in the column `indent`. The first one stands behind the key. A text of
 * several lines becomes a literal.
 */
export function scalarLines(text: string, indent: number, { step }: BlockStyle): string[] {
  if (!text.includes('\n')) return [scalarText(text)];
  return ['|-', ...text.split('\n').map((line) => `${' '.repeat(indent + step)}${line}`)];
}
