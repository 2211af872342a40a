import { firstAt } from '../../model/ordered.ts';
import type { Position } from './source-document.ts';

/**
 * Makes a function that turns offsets in a text into positions. The offsets where lines start are collected
 * when the function is first called, because most texts are read without anyone asking for a position.
 */
export function positionsIn(text: string): (offset: number) => Position {
  let starts: number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(text);
    const line = firstAt(starts, offset + 1);
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let newline = text.indexOf('\n'); newline >= 0; newline = text.indexOf('\n', newline + 1))
    starts.push(newline + 1);
  return starts;
}
