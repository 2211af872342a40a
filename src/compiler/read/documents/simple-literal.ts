const SPACE = 32;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** A literal block, `|` or `|-`. */
interface Literal {
  readonly value: string;
  /** Where the line after it begins. */
  readonly end: number;
}

/**
 * Reads a literal block whose lines are indented as its first line is, or further, and whose first line is not blank.
 *
 * @param outside How far what holds the block is indented.
 * @param documentEnd Where the document ends.
 * @returns undefined where there is no such block.
 *
 * @example
 * literalAt('a: |\n  b\n   c\n', 3, 0, 14); // => { value: 'b\n c\n', end: 14 }
 */
export function literalAt(
  text: string,
  at: number,
  outside: number,
  documentEnd: number,
): Literal | undefined {
  const header = /\|(-?) *\n/y;
  header.lastIndex = at;
  const found = header.exec(text);
  if (found === null) return undefined;
  const lines: string[] = [];
  let line = header.lastIndex;
  const inside = spacesAt(text, line);
  // A blank first line does not tell how far the block is indented.
  if (inside <= outside || text.charCodeAt(line + inside) === LINE_FEED) return undefined;
  /** How many lines there are without the blank ones at the end. */
  let filled = 0;
  while (line < documentEnd) {
    const spaces = spacesAt(text, line);
    const isBlank = text.charCodeAt(line + spaces) === LINE_FEED;
    if (!isBlank && spaces < inside) {
      if (spaces > outside) return undefined;
      break;
    }
    const end = text.indexOf('\n', line);
    // A line without an end or with CRLF, and blank lines that are longer than the indentation, are rare.
    if (end < 0 || text.charCodeAt(end - 1) === CARRIAGE_RETURN || (isBlank && spaces > inside))
      return undefined;
    lines.push(text.slice(Math.min(line + inside, end), end));
    if (!isBlank) filled = lines.length;
    line = end + 1;
  }
  if (filled === 0) return undefined;
  lines.length = filled;
  return { value: `${lines.join('\n')}${found[1] === '-' ? '' : '\n'}`, end: line };
}

function spacesAt(text: string, line: number): number {
  let at = line;
  while (text.charCodeAt(at) === SPACE) at += 1;
  return at - line;
}
