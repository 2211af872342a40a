import { LIMITS } from '../../model/limits.ts';
import { checkJson } from './json-checks.ts';
import type { Cut } from './json-items.ts';
import { locator } from './places.ts';
import { positionsIn } from './positions.ts';
import { roundedInJson } from './rounded.ts';
import type { SkippedKinds } from './skipped-documents.ts';
import type { ParsedText } from './source-document.ts';
import { refused, Unreadable } from './unreadable.ts';

/**
 * Reads a JSON text (RFC 8259) as one document. Repeated keys, `__proto__` keys, strings that are not valid
 * Unicode, and nesting beyond {@link LIMITS} are faults.
 *
 * @param nodes How many values the text may hold.
 * @param skipped Which objects need not be parsed where they are items of a list. Such an item has its apiVersion and
 *   its kind.
 *
 * @example
 * const parsed = parseJsonDocument('{"a": 1, "a": 2}');
 * parsed.ok ? [] : parsed.faults; // => [{ message: 'The key "a" is repeated.', position: { line: 1, column: 10 } }]
 */
export function parseJsonDocument(
  text: string,
  nodes: number = LIMITS.documentNodes,
  skipped: SkippedKinds = () => undefined,
): ParsedText {
  const positionOf = positionsIn(text);
  try {
    const { places, cuts } = checkJson(text, nodes, skipped);
    const value: unknown = JSON.parse(without(text, cuts));
    return {
      ok: true,
      syntax: 'json',
      documents: [
        {
          index: 0,
          value,
          locate: locator(places, positionOf),
          rounded: () => roundedInJson(text).map(positionOf),
        },
      ],
    };
  } catch (error) {
    if (error instanceof Unreadable) return refused('json', error, positionOf);
    // The check knows all errors that `JSON.parse` does. If they ever differ, the text is refused all the same.
    if (error instanceof SyntaxError)
      return refused('json', new Unreadable('Not JSON: invalid json.', 0), positionOf);
    throw error;
  }
}

/** The text with what is to be parsed in the place of each item that need not be. */
function without(text: string, cuts: readonly Cut[]): string {
  if (cuts.length === 0) return text;
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end, text: instead } of cuts) {
    pieces.push(text.slice(at, start), instead);
    at = end;
  }
  return [...pieces, text.slice(at)].join('');
}
