import { LIMITS } from '../model/limits.ts';
import { parseJsonDocument } from './documents/json-document.ts';
import type { ParsedText } from './documents/source-document.ts';
import { parseYamlDocuments } from './documents/yaml-documents.ts';
import { skippedKind } from './skipped-kinds.ts';

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
  return parse(text, syntax, parseJsonDocument, parseYamlDocuments);
}

/**
 * Reads the text of a body of workloads, as {@link parseDocuments} does. An object of a kind that cannot hold a workload
 * is not read: of it there are only its apiVersion and its kind, and nothing in it is checked. So a bundle may be much
 * larger than what is read of it.
 *
 * @example
 * const parsed = parseWorkloadDocuments('apiVersion: v1\nkind: ConfigMap\ndata: {a: b}', 'yaml');
 * parsed.ok && parsed.documents[0]?.value; // => { apiVersion: 'v1', kind: 'ConfigMap' }
 */
export function parseWorkloadDocuments(text: string, syntax: Syntax): ParsedText {
  return parse(
    text,
    syntax,
    (json) => parseJsonDocument(json, LIMITS.nodes, skippedKind),
    (yaml) => parseYamlDocuments(yaml, skippedKind),
  );
}

type Parse = (text: string) => ParsedText;

function parse(text: string, syntax: Syntax, parseJson: Parse, parseYaml: Parse): ParsedText {
  if (syntax === 'json') return parseJson(text);
  if (syntax === 'sniff' && /^\s*[{[]/.test(text)) {
    const parsed = parseJson(text);
    if (parsed.ok) return parsed;
  }
  return parseYaml(text);
}
