import { type Document, isScalar } from 'yaml';
import { LIMITS } from '../../model/limits.ts';
import { offsetOf } from './offsets.ts';
import { positionsIn } from './positions.ts';
import type { ParsedText, Position, SourceDocument, SyntaxFault } from './source-document.ts';
import { refused, Unreadable } from './unreadable.ts';
import { Budget } from './yaml-budget.ts';
import { composeBounded } from './yaml-composer.ts';
import { toPlainData } from './yaml-data.ts';

/**
 * Reads a YAML 1.2 text (core schema) as documents. Documents without content are left out. Repeated keys,
 * `__proto__` keys, unresolved tags, whatever readers of YAML do not agree on, and nesting or alias use beyond
 * {@link LIMITS} are faults.
 *
 * @example
 * const parsed = parseYamlDocuments('a:\n  b: 1');
 * parsed.ok && parsed.documents[0]?.locate(['a', 'b']); // => { line: 2, column: 6 }
 */
export function parseYamlDocuments(text: string): ParsedText {
  const positionOf = positionsIn(text);
  try {
    refuseAmbiguous(text);
    const documents: SourceDocument[] = [];
    const budget = new Budget();
    for (const document of composeBounded(text)) {
      const faults = faultsOf(document, positionOf);
      if (faults.length > 0) return { ok: false, syntax: 'yaml', faults };
      const { value, offsets, rounded } = toPlainData(document, budget);
      if (value === null && isEmpty(document)) continue;
      const root = document.contents?.range?.[0] ?? document.range[0];
      documents.push({
        index: documents.length,
        value,
        locate: (path) => positionOf(offsetOf(value, offsets, path, root)),
        rounded: () => rounded.map(positionOf),
      });
    }
    return { ok: true, syntax: 'yaml', documents };
  } catch (error) {
    if (error instanceof Unreadable) return refused('yaml', error, positionOf);
    throw error;
  }
}

/**
 * Characters on which readers of YAML do not agree: YAML 1.1, which kubectl reads, ends a line at NEL, LS, PS
 * and a lone CR, but YAML 1.2 only at the last of these; some readers skip a byte order mark in the middle of a
 * text. What is a comment to one reader would be a field to another.
 */
const AMBIGUOUS = /\r(?!\n)|(?![\t\n\r])[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;

function refuseAmbiguous(text: string): void {
  const at = text.replace(/^\ufeff/, ' ').search(AMBIGUOUS);
  if (at < 0) return;
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  throw new Unreadable(
    `The character U+${code} is not allowed in YAML here: readers do not agree on it. Escape it in double quotes.`,
    at,
  );
}

/** The errors and warnings of a document. A warning is an unknown tag or directive, whose meaning we could only guess. */
function faultsOf(document: Document.Parsed, positionOf: (offset: number) => Position): SyntaxFault[] {
  return [...document.errors, ...document.warnings].slice(0, LIMITS.faults).map((problem) => ({
    message: `Not YAML: ${problem.message}`,
    position: positionOf(problem.pos[0]),
  }));
}

/** Whether there is nothing but comments between two `---`. */
function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.source === '');
}
