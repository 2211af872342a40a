const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;

/** A text that is written as a literal block, `|` or `|-`, or as a folded one, `>` or `>-`. */
interface TextBlock {
  readonly value: string;
  /** Where the line after it begins. */
  readonly end: number;
}

/** The lines of a block. */
interface BlockLines {
  /** Without the indentation of the block, and without the blank lines at the end. */
  readonly lines: readonly string[];
  /** Whether each of them is filled, and indented as the block is. */
  readonly areEven: boolean;
  readonly end: number;
}

/**
 * Reads a literal or a folded block whose indentation is that of its first line that is not blank. A folded block is read
 * if its lines become one.
 *
 * @param outside How far what holds the block is indented.
 * @param documentEnd Where the document ends.
 * @returns undefined where there is no such block, and where its value is not certain.
 *
 * @example
 * textBlockAt('a: |\n  b\n   c\n', 3, 0, 14); // => { value: 'b\n c\n', end: 14 }
 * textBlockAt('a: >-\n  b\n  c\n', 3, 0, 15); // => { value: 'b c', end: 14 }
 */
export function textBlockAt(
  text: string,
  at: number,
  outside: number,
  documentEnd: number,
): TextBlock | undefined {
  const header = /[|>](-?) *\n/y;
  header.lastIndex = at;
  const found = header.exec(text);
  if (found === null) return undefined;
  const block = linesOf(text, header.lastIndex, outside, documentEnd);
  const isFolded = text[at] === '>';
  if (block === undefined || (isFolded && !block.areEven)) return undefined;
  return {
    value: `${block.lines.join(isFolded ? ' ' : '\n')}${found[1] === '-' ? '' : '\n'}`,
    end: block.end,
  };
}

function linesOf(text: string, start: number, outside: number, documentEnd: number): BlockLines | undefined {
  const inside = indentationAt(text, start);
  if (inside <= outside) return undefined;
  const lines: string[] = [];
  let filled = 0;
  /** How many lines there are up to the last blank one that is longer than the indentation. */
  let long = 0;
  let areEven = true;
  let line = start;
  while (line < documentEnd) {
    const first = line + spacesAt(text, line);
    const lineFeed = text.indexOf('\n', line);
    const end = lineFeed < 0 ? documentEnd : lineFeed;
    const isBlank = first >= end;
    if (!isBlank && first < line + inside) {
      if (first > line + outside) return undefined;
      break;
    }
    if (text.charCodeAt(end - 1) === CARRIAGE_RETURN) return undefined;
    lines.push(text.slice(Math.min(line + inside, end), end));
    if (isBlank && first > line + inside) long = lines.length;
    if (!isBlank) {
      areEven &&= first === line + inside && filled === lines.length - 1 && text.charCodeAt(first) !== TAB;
      filled = lines.length;
    }
    line = lineFeed < 0 ? documentEnd : lineFeed + 1;
  }
  // Readers differ about the spaces of blank lines at the end.
  if (filled === 0 || long > filled) return undefined;
  return { lines: lines.slice(0, filled), areEven, end: line };
}

/** How far the first line is indented that is not blank, if no blank line before it is longer; 0 otherwise. */
function indentationAt(text: string, start: number): number {
  let longest = 0;
  for (let line = start; ; ) {
    const spaces = spacesAt(text, line);
    if (text.charCodeAt(line + spaces) !== LINE_FEED) return spaces < longest ? 0 : spaces;
    longest = Math.max(longest, spaces);
    line += spaces + 1;
  }
}

function spacesAt(text: string, line: number): number {
  let at = line;
  while (text.charCodeAt(at) === SPACE) at += 1;
  return at - line;
}
