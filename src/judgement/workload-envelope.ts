import type { Fault } from '../compiler/model/faults.ts';
import type { Path } from '../compiler/model/pointer.ts';
import { toPointer } from '../compiler/model/pointer.ts';
import { unknownName } from '../compiler/model/words.ts';
import type { SourceDocument } from '../compiler/read/documents/source-document.ts';
import { parseWorkloadDocuments } from '../compiler/read/documents.ts';
import { readImages } from '../compiler/read/images/read-images.ts';
import type { SourceObject } from '../compiler/read/lists.ts';
import { isMapping } from '../compiler/read/mapping.ts';
import type { ParsedInput } from './parsed-input.ts';

/** The keys of an envelope. */
const KEYS = ['workloads', 'images'];

/** Whether a document is an envelope: it has workloads, and is no Kubernetes object itself. */
export function isEnvelope(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    isMapping(value) &&
    Object.hasOwn(value, 'workloads') &&
    !Object.hasOwn(value, 'kind') &&
    !Object.hasOwn(value, 'apiVersion')
  );
}

/** Reads an envelope: `{"workloads": …, "images": …}`. The places of all that is in it are those of the envelope. */
export function readEnvelope(envelope: SourceDocument): ParsedInput {
  const value = isMapping(envelope.value) ? envelope.value : {};
  const faults: Fault[] = Object.keys(value)
    .filter((key) => !KEYS.includes(key))
    .map((key) => ({ document: 0, path: [key], message: unknownName('Unknown field', key, KEYS) }));
  const images =
    value.images == null
      ? undefined
      : readImages([{ value: value.images, source: { document: 0, path: ['images'] } }]);
  if (images?.ok === false) faults.push(...images.faults);
  const told = {
    images: images?.ok === true ? images.images : [],
    notices: images?.ok === true ? images.notices : [],
    faults,
  };
  if (typeof value.workloads === 'string')
    return { ...told, ...readTextWithin(envelope, value.workloads, faults) };
  const objects = objectsOf(value.workloads);
  if (objects.length === 0) faults.push({ document: 0, path: ['workloads'], message: EXPECTED });
  return {
    ...told,
    documents: [envelope],
    objects,
    explain: ({ message }) => message,
    locate: (_, path) => envelope.locate(path),
  };
}

const EXPECTED = 'Expected a workload, a list of them that is not empty, or a text that has them.';

function objectsOf(workloads: unknown): SourceObject[] {
  if (Array.isArray(workloads)) {
    return workloads.map((value: unknown, index) => ({
      value,
      source: { document: 0, path: ['workloads', index] },
    }));
  }
  return isMapping(workloads) ? [{ value: workloads, source: { document: 0, path: ['workloads'] } }] : [];
}

/**
 * Reads workloads that are a text within the envelope. No pointer leads into a text, so all that stands in it has the
 * place of the text as a whole, and messages of faults tell the line within.
 */
function readTextWithin(
  envelope: SourceDocument,
  text: string,
  faults: Fault[],
): Omit<ParsedInput, 'images' | 'notices' | 'faults'> {
  const parsed = parseWorkloadDocuments(text, 'sniff');
  const documents = parsed.ok ? parsed.documents : [];
  if (!parsed.ok) {
    for (const { message, position } of parsed.faults)
      faults.push({ document: 0, path: ['workloads'], message: `${message}${within(position)}` });
  }
  if (parsed.ok && documents.length === 0)
    faults.push({ document: 0, path: ['workloads'], message: EXPECTED });
  const inText = (path: Path): boolean => path[0] === 'workloads';
  return {
    documents,
    objects: documents.map(({ index, value }) => ({
      value,
      source: { document: index, path: ['workloads'] },
    })),
    explain: ({ document, path, message }) =>
      inText(path) ? `${message}${within(documents[document]?.locate(path.slice(1)))}` : message,
    locate: (_, path) => envelope.locate(inText(path) ? ['workloads'] : path),
    pointerOf: (path) => toPointer(inText(path) ? ['workloads'] : path),
  };
}

function within(position: { readonly line: number; readonly column: number } | undefined): string {
  return position === undefined ? '' : ` (Line ${position.line}, column ${position.column} of the text.)`;
}
