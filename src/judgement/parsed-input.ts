import type { Fault } from '../compiler/model/faults.ts';
import type { KnownImage } from '../compiler/model/image.ts';
import type { Notice } from '../compiler/model/notices.ts';
import type { SourceDocument } from '../compiler/read/documents/source-document.ts';
import type { SourceObject } from '../compiler/read/lists.ts';
import type { Places } from './workload-body.ts';

/** A body of workloads that is parsed, but of which no workload is read yet. */
export interface ParsedInput extends Places {
  /** The documents of the workloads. */
  readonly documents: readonly SourceDocument[];
  /** What may be workloads. */
  readonly objects: readonly SourceObject[];
  /** What the body tells of images. */
  readonly images: readonly KnownImage[];
  readonly notices: readonly Notice[];
  /** What is wrong with the body besides its workloads. */
  readonly faults: readonly Fault[];
  /** The message of a fault of a workload, with what its place does not tell. */
  explain(fault: Fault): string;
}

/** A body that has nothing but workloads. */
export function parsedDocuments(documents: readonly SourceDocument[]): ParsedInput {
  // Without the values, which are not needed once the workloads are read.
  const locators = documents.map(({ locate }) => locate);
  return {
    documents,
    objects: documents.map(({ index, value }) => ({ value, source: { document: index, path: [] } })),
    images: [],
    notices: [],
    faults: [],
    explain: ({ message }) => message,
    locate: (document, path) => locators[document]?.(path),
  };
}
