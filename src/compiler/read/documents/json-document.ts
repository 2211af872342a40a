import { parse } from 'jsonc-parser';
import { LIMITS } from '../../model/limits.ts';
import { checkJson } from './json-checks.ts';
import type { Cut } from './json-items.ts';
import { placesInJson } from './json-places.ts';
import { locator, type Places } from './places.ts';
import { positionsIn } from './positions.ts';
import { roundedInJson } from './rounded.ts';
import { readSimpleJson } from './simple-json.ts';
import type { SkippedKinds } from './skipped-documents.ts';
import type { ParsedText, Position } from './source-document.ts';
import { refused, Unreadable } from './unreadable.ts';

/**
 * Reads a JSON text (RFC 8259) as one document. Repeated keys, `__proto__` keys, strings that are not valid
 * Unicode, and nesting beyond {@link LIMITS} are faults.
 *
 * @param nodes How many values the text may hold.
 * @param skipped Which objects need not be parsed where they are items of a list. Such an item has its apiVersion and
 *   its kind.
 * @param readSimply Reads texts in which nothing is wrong.
 *
 * @example
 * const parsed = parseJsonDocument('{"a": 1, "a": 2}');
 * parsed.ok ? [] : parsed.faults; // => [{ message: 'The key "a" is repeated.', position: { line: 1, column: 10 } }]
 */
export function parseJsonDocument(
  text: string,
  nodes: number = LIMITS.documentNodes,
  skipped: SkippedKinds = () => undefined,
  readSimply: SimpleJsonReader = readSimpleJson,
): ParsedText {
  const positionOf = positionsIn(text);
  const simple = readSimply(text, nodes, skipped);
  if (simple !== undefined)
    return readJson(text, simple.value, placesLater(text, simple.skipped), positionOf);
  try {
    const { places, cuts, hasEscapedKey } = checkJson(text, nodes, skipped);
    const value: unknown = (hasEscapedKey ? parseEscaped : JSON.parse)(without(text, cuts));
    return readJson(text, value, () => places, positionOf);
  } catch (error) {
    if (error instanceof Unreadable) return refused('json', error, positionOf);
    // The check knows all errors that `JSON.parse` does. If they ever differ, the text is refused all the same.
    if (error instanceof SyntaxError)
      return refused('json', new Unreadable('Not JSON: invalid json.', 0), positionOf);
    throw error;
  }
}

/** Reads a JSON text in which nothing is wrong, or says that it must be checked. */
export type SimpleJsonReader = typeof readSimpleJson;

/** The places of a text's values, without the values themselves. */
function placesLater(text: string, skipped: ReadonlySet<number>): () => Places {
  return () => placesInJson(text, skipped);
}

function readJson(
  text: string,
  value: unknown,
  placesOf: () => Places,
  positionOf: (offset: number) => Position,
): ParsedText {
  const locate = locator(placesOf, positionOf);
  const rounded = (): Position[] => roundedInJson(text).map(positionOf);
  return { ok: true, syntax: 'json', documents: [{ index: 0, value, locate, rounded }] };
}

/**
 * Parses a JSON text in which nothing is wrong. `JSON.parse` of some versions of V8 takes a key with an escape for
 * another that it has seen after the same keys: `hostNetwor\u006b` for `hostNetwor\`.
 */
function parseEscaped(text: string): unknown {
  return parse(text, [], { disallowComments: true });
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
