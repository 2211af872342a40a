import type { Position } from './source-document.ts';

/** Where lines are counted from: one place for so many characters of the text. */
const STRIDE = 4_096;

/**
 * Makes a function that turns offsets in a text into positions. The lines are counted when the function is first
 * called, because most texts are read without anyone asking for a position.
 */
export function positionsIn(text: string): (offset: number) => Position {
  let places: LinePlaces | undefined;
  return (offset) => {
    places ??= countLines(text);
    const at = Math.min(Math.max(offset, 0), text.length);
    const stride = Math.floor(at / STRIDE);
    let line = places.lines[stride] ?? 0;
    let start = places.starts[stride] ?? 0;
    for (
      let next = text.indexOf('\n', stride * STRIDE);
      next >= 0 && next < at;
      next = text.indexOf('\n', next + 1)
    ) {
      line += 1;
      start = next + 1;
    }
    return { line: line + 1, column: offset - start + 1 };
  };
}

/** How many lines end before each stride, and where the line starts that is open at its beginning. */
interface LinePlaces {
  readonly lines: Int32Array;
  readonly starts: Int32Array;
}

/** A list of where all lines start would be larger than a text of nothing but line breaks. */
function countLines(text: string): LinePlaces {
  const count = Math.floor(text.length / STRIDE) + 1;
  const lines = new Int32Array(count);
  const starts = new Int32Array(count);
  let line = 0;
  let start = 0;
  let next = text.indexOf('\n');
  for (let stride = 0; stride < count; stride += 1) {
    for (; next >= 0 && next < stride * STRIDE; next = text.indexOf('\n', next + 1)) {
      line += 1;
      start = next + 1;
    }
    lines[stride] = line;
    starts[stride] = start;
  }
  return { lines, starts };
}
