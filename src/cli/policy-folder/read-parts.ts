import type { SourceDocument } from '../../compiler/read/documents/source-document.ts';
import { parseDocuments } from '../../compiler/read/documents.ts';
import type { Part } from './find-policy-files.ts';
import { type FolderFault, readingFault, readUtf8 } from './folder-fault.ts';

/** A file of JSON or YAML. */
export interface PartDocument {
  readonly file: string;
  readonly document: SourceDocument;
}

/** The parts of a version that are no policies. */
export interface VersionParts {
  /** What each part says, as the API takes it. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The document of each part that is JSON or YAML. */
  readonly documents: ReadonlyMap<string, PartDocument>;
  readonly faults: readonly FolderFault[];
}

/** Reads the file of each part: the schema as text, the others as one document of JSON or YAML. */
export function readParts(files: ReadonlyMap<Part, string>): VersionParts {
  const values: Record<string, unknown> = {};
  const documents = new Map<string, PartDocument>();
  const faults: FolderFault[] = [];
  for (const [part, file] of files) {
    const { text, faults: unreadable } = readUtf8(file);
    faults.push(...unreadable);
    if (part === 'schema') {
      values[part] = text;
      continue;
    }
    const read = readDocument(part, file, text);
    faults.push(...read.faults);
    if (read.document === undefined) continue;
    values[part] = read.document.value;
    documents.set(part, { file, document: read.document });
  }
  return { values, documents, faults };
}

function readDocument(
  part: Part,
  file: string,
  text: string,
): { readonly document?: SourceDocument; readonly faults: readonly FolderFault[] } {
  const faultAt = (message: string, { line, column } = { line: 1, column: 1 }): FolderFault =>
    readingFault(`${file}:${line}:${column}: ${message}`, message, [part]);
  const parsed = parseDocuments(text, 'sniff');
  if (!parsed.ok) {
    const [first] = parsed.faults;
    return { faults: [faultAt(first?.message ?? '', first?.position)] };
  }
  const [document] = parsed.documents;
  if (document === undefined || parsed.documents.length !== 1)
    return { faults: [faultAt('Expected one document.')] };
  const message =
    'Readers of JSON round this number: it is an integer beyond 9007199254740991, or a long fraction.';
  return { document, faults: document.rounded().map((position) => faultAt(message, position)) };
}
