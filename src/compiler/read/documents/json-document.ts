import { type Node, parseTree } from 'jsonc-parser';
import { LIMITS } from '../../model/limits.ts';
import type { Path } from '../../model/pointer.ts';
import { checkJson } from './json-checks.ts';
import { type Offsets, offsetOf, ownMember } from './offsets.ts';
import { positionsIn } from './positions.ts';
import { roundedInJson } from './rounded.ts';
import type { ParsedText, Position, SourceDocument } from './source-document.ts';
import { refused, Unreadable } from './unreadable.ts';

/**
 * Reads a JSON text (RFC 8259) as one document. Repeated keys, `__proto__` keys, strings that are not valid
 * Unicode, and nesting beyond {@link LIMITS} are faults.
 *
 * @param nodes How many values the text may hold.
 *
 * @example
 * const parsed = parseJsonDocument('{"a": 1, "a": 2}');
 * parsed.ok ? [] : parsed.faults; // => [{ message: 'The key "a" is repeated.', position: { line: 1, column: 10 } }]
 */
export function parseJsonDocument(text: string, nodes: number = LIMITS.documentNodes): ParsedText {
  const positionOf = positionsIn(text);
  try {
    checkJson(text, nodes);
    return { ok: true, syntax: 'json', documents: [jsonDocument(text, JSON.parse(text), positionOf)] };
  } catch (error) {
    if (error instanceof Unreadable) return refused('json', error, positionOf);
    // The check knows all errors that `JSON.parse` does. If they ever differ, the text is refused all the same.
    if (error instanceof SyntaxError)
      return refused('json', new Unreadable('Not JSON: invalid json.', 0), positionOf);
    throw error;
  }
}

function jsonDocument(
  text: string,
  value: unknown,
  positionOf: (offset: number) => Position,
): SourceDocument {
  let places: { readonly root: number; readonly offsets: Offsets } | undefined;
  return {
    index: 0,
    value,
    locate: (path: Path) => {
      places ??= jsonPlaces(text, value);
      return positionOf(offsetOf(value, places.offsets, path, places.root));
    },
    rounded: () => roundedInJson(text).map(positionOf),
  };
}

/** Where a JSON value and each of its members begin, in the form that YAML documents have it too. */
function jsonPlaces(text: string, value: unknown): { root: number; offsets: Offsets } {
  const offsets: Offsets = new WeakMap();
  const visit = (node: Node | undefined, part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    const places = new Map<string | number, number>();
    offsets.set(part, places);
    for (const [index, child] of (node?.children ?? []).entries()) {
      const [key, content] = child.type === 'property' ? (child.children ?? []) : [undefined, child];
      const step: unknown = key === undefined ? index : key.value;
      if (content === undefined || (typeof step !== 'string' && typeof step !== 'number')) continue;
      places.set(step, content.offset);
      visit(content, ownMember(part, step));
    }
  };
  const root = parseTree(text, [], { disallowComments: true });
  visit(root, value);
  return { root: root?.offset ?? 0, offsets };
}
