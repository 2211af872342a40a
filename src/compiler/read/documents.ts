import { parseJsonDocument } from './documents/json-document.ts';
import type { ParsedText } from './documents/source-document.ts';
import { parseYamlDocuments } from './documents/yaml-documents.ts';

/** The syntaxes a body may have. `sniff` tries JSON first where the text begins like it, then YAML. */
export type Syntax = 'json' | 'yaml' | 'sniff';

/**
 * Reads the text of a body into documents. Repeated keys, `__proto__` keys, unresolved tags, and nesting or
 * alias use beyond `LIMITS` are faults, so that no reader sees another document than we do. The work is bounded
 * by the length of the text.
 *
 * @example
 * const parsed = parseDocuments('a: 1\n---\nb: 2', 'yaml');
 * parsed.ok && parsed.documents[1]?.value; // => { b: 2 }
 */
export function parseDocuments(text: string, syntax: Syntax): ParsedText {
  if (syntax === 'json') return parseJsonDocument(text);
  if (syntax === 'sniff' && /^\s*[{[]/.test(text)) {
    const parsed = parseJsonDocument(text);
    if (parsed.ok) return parsed;
  }
  return parseYamlDocuments(text);
}
