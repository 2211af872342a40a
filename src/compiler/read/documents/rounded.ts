/**
 * Numbers that JavaScript reads as another integer than the one that is written: `9007199254740993`, and
 * `0.99999999999999999999`, which becomes 1.
 * @module
 */

/** Whether a decimal literal is read as an integer that it is not. */
export function isRounded(literal: string): boolean {
  const value = Number(literal.replace(/^\+/, ''));
  return Number.isInteger(value) && decimalOf(literal) !== decimalOf(String(value));
}

/** One text for one decimal number, whichever way it is written: digits, then the power of ten. */
function decimalOf(literal: string): string {
  const parts = /^[-+]?(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(literal);
  // In another notation, such as 0x1f: an integer as it stands.
  if (parts === null) return decimalOf(String(Number(literal)));
  const [, whole = '', fraction = '', power = '0'] = parts;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(power) - fraction.length + digits.length - significant.length}`;
}

const JSON_TOKEN = /"(?:[^"\\]|\\[\s\S])*"|-?\d[\d.eE+-]*/g;

/** Where the rounded numbers of a JSON text are, as offsets. */
export function roundedInJson(text: string): number[] {
  const found: number[] = [];
  for (const { 0: token, index } of text.matchAll(JSON_TOKEN))
    if (!token.startsWith('"') && isRounded(token)) found.push(index);
  return found;
}
