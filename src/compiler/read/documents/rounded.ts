/**
 * Numbers that JavaScript reads as another integer than the one that is written: `9007199254740993`, and
 * `0.99999999999999999999`, which becomes 1.
 * @module
 */
import { withoutEnd } from '../../model/paths.ts';

/**
 * Whether a decimal literal is read as an integer that it is not.
 *
 * @example
 * isRounded('9007199254740993'); // => true
 * isRounded('9007199254740992'); // => false
 */
export function isRounded(literal: string): boolean {
  const value = Number(literal.replace(/^\+/, ''));
  return Number.isInteger(value) && decimalOf(literal) !== decimalOf(String(value));
}

/** The same text for all spellings of one decimal number: its digits, then the power of ten. */
function decimalOf(literal: string): string {
  const parts = /^[-+]?(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(literal);
  // Another notation, such as 0x1f, is always an integer.
  if (parts === null) return decimalOf(String(Number(literal)));
  const [, whole = '', fraction = '', power = '0'] = parts;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = withoutEnd(digits, '0');
  if (significant === '') return '0';
  return `${significant}e${Number(power) - fraction.length + digits.length - significant.length}`;
}

const JSON_TOKEN = /"(?:[^"\\]|\\[\s\S])*"|-?\d[\d.eE+-]*/g;

/** The offsets of the numbers in a JSON text that are read as integers that they are not. */
export function roundedInJson(text: string): number[] {
  const found: number[] = [];
  for (const { 0: token, index } of text.matchAll(JSON_TOKEN))
    if (!token.startsWith('"') && isRounded(token)) found.push(index);
  return found;
}
