/** A part of a text that can be read without the others. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** A line that begins a document to every reader of YAML, and to kubectl, which cuts a text into documents by lines. */
const MARKER = /^---[ \t]*(?:[ \t]#.*)?\r?$/;

/** A line that may be a directive, which is about what comes after it. */
const DIRECTIVE = /^%/m;

/**
 * Cuts a YAML text before the lines that nobody takes for anything but the beginning of a document, which ends
 * whatever is open. Anchors do not reach from one document into another. A text that may have directives stays whole.
 *
 * A piece can hold several documents: `...` and `--- text` begin one too, but not to kubectl.
 *
 * @example
 * [...yamlPieces('a: 1\n---\nb: 2')]; // => [{ start: 0, end: 5 }, { start: 5, end: 13 }]
 */
export function* yamlPieces(text: string): Generator<Piece> {
  let start = 0;
  if (!DIRECTIVE.test(text)) {
    for (let found = text.indexOf('\n---'); found >= 0; found = text.indexOf('\n---', found + 1)) {
      if (!MARKER.test(lineAt(text, found + 1))) continue;
      yield { start, end: found + 1 };
      start = found + 1;
    }
  }
  yield { start, end: text.length };
}

/** Where the text after the marker of a piece begins. */
export function afterMarker(text: string, { start }: Piece): number {
  const line = lineAt(text, start);
  return MARKER.test(line) ? Math.min(start + line.length + 1, text.length) : start;
}

/** The line that begins at a place, without its end. */
function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? text.length : end);
}
