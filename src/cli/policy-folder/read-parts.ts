import type { Path } from '../../compiler/model/pointer.ts';
import type { Position, SourceDocument } from '../../compiler/read/documents/source-document.ts';
import { parseDocuments } from '../../compiler/read/documents.ts';
import type { Part } from './find-policy-files.ts';
import { type FolderFault, readingFault, readUtf8 } from './folder-fault.ts';

/** A place in a file. The position is undefined where the file has no such value. */
export interface PartPlace {
  readonly file: string;
  readonly position: Position | undefined;
}

/** The parts of a version that are no policies. */
export interface VersionParts {
  /** What each part says, as the API takes it. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a value of a part stands, by its path from the version; undefined when the part has no file of JSON or YAML. */
  readonly placeOf: (path: Path) => PartPlace | undefined;
  readonly faults: readonly FolderFault[];
}

/** A file of JSON or YAML. */
interface PartDocument {
  readonly file: string;
  readonly document: SourceDocument;
}

/** Reads the files of each part: the schema as text, the others as one document of JSON or YAML. */
export function readParts(parts: ReadonlyMap<Part, readonly string[]>): VersionParts {
  const values: Record<string, unknown> = {};
  const documents = new Map<string, readonly PartDocument[]>();
  const faults: FolderFault[] = [];
  for (const [part, files] of parts) {
    const read: PartDocument[] = [];
    for (const file of files) {
      const { text, faults: unreadable } = readUtf8(file);
      faults.push(...unreadable);
      if (part === 'schema') {
        values[part] = text;
        continue;
      }
      const { document, faults: wrong } = readDocument(part, file, text);
      faults.push(...wrong);
      if (document !== undefined) read.push({ file, document });
    }
    const whole = joined(part, read);
    faults.push(...whole.faults);
    if (whole.documents.length === 0) continue;
    values[part] = whole.value;
    documents.set(part, whole.documents);
  }
  return { values, placeOf: (path) => placeIn(documents, path), faults };
}

/** The value of a part that may be in several files, each of which holds a list then. */
function joined(
  part: Part,
  documents: readonly PartDocument[],
): {
  readonly value: unknown;
  readonly documents: readonly PartDocument[];
  readonly faults: readonly FolderFault[];
} {
  const [only] = documents;
  if (documents.length < 2) return { value: only?.document.value, documents, faults: [] };
  const lists = documents.filter(({ document }) => Array.isArray(document.value));
  const message = 'Expected a list.';
  return {
    value: lists.flatMap(({ document }) => document.value),
    documents: lists,
    faults: documents
      .filter((each) => !lists.includes(each))
      .map(({ file }) => readingFault(`${file}:1:1: ${message}`, message, [part])),
  };
}

function placeIn(
  documents: ReadonlyMap<string, readonly PartDocument[]>,
  [part, ...rest]: Path,
): PartPlace | undefined {
  const files = documents.get(String(part)) ?? [];
  let [index, ...further] = rest;
  for (const { file, document } of files) {
    const count = Array.isArray(document.value) ? document.value.length : 0;
    if (files.length === 1 || typeof index !== 'number' || index < count)
      return { file, position: document.locate(index === undefined ? [] : [index, ...further]) };
    index -= count;
  }
  return undefined;
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
