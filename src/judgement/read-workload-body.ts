import { readAllWorkloads, readWorkloadObjects } from '../compiler/index.ts';
import type { Fault } from '../compiler/model/faults.ts';
import type { KnownImage } from '../compiler/model/image.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { SourceDocument } from '../compiler/read/documents/source-document.ts';
import type { SourceObject } from '../compiler/read/lists.ts';
import type { ReadOptions } from '../compiler/read/read-objects.ts';
import { invalidRequest, type Problem } from '../http/problems.ts';
import { visibleText } from '../http/visible-text.ts';
import type { BodyMemory } from './body-memory.ts';
import { type ParsedInput, parsedDocuments } from './parsed-input.ts';
import { unusedImages } from './unused-images.ts';
import { type Places, placeOf, type WorkloadBody } from './workload-body.ts';
import type { WorkloadInput } from './workload-input.ts';

/**
 * Reads the workloads of the documents of a body. This is the first step of a `/compile` request after its text has
 * been parsed; nothing is decided here.
 *
 * @throws Problem `invalid-request`, with every fault.
 */
export function readWorkloadBody(
  documents: readonly SourceDocument[],
  options: InputOptions = {},
): WorkloadBody {
  return readParsedInput(parsedDocuments(documents), options);
}

/** How the workloads of a body are read. What is known of their images comes from the body, and from storage. */
type InputOptions = Pick<ReadOptions, 'namespace' | 'kinds'>;

/**
 * Reads the workloads of an input, with what it tells of their images.
 *
 * @param more What is known of images besides.
 * @param again Gives the input again. By default it is kept for the case that it must be read again.
 * @throws Problem `invalid-request`, with every fault.
 */
export function readParsedInput(
  input: ParsedInput,
  options: InputOptions = {},
  more: readonly KnownImage[] = [],
  again = keep(input),
): WorkloadBody {
  const { objects, images, locate, pointerOf } = input;
  const places = { locate, ...(pointerOf === undefined ? {} : { pointerOf }) };
  const read = readAllWorkloads(objects, { ...options, images: [...images, ...more] });
  const explained = read.ok ? [] : read.faults.map((fault) => ({ ...fault, message: input.explain(fault) }));
  // Where nothing could be read, that there is no workload is no fault of its own.
  const faults = objects.length === 0 && input.faults.length > 0 ? [] : explained;
  if (!read.ok || input.faults.length > 0) throw faultyBodyProblem([...input.faults, ...faults], places);
  return {
    workloads: read.workloads,
    notices: [...input.notices, ...unusedImages(images, read.workloads), ...read.notices],
    images,
    mayHoldMore: read.mayHoldMore,
    readWith: readerOf(again, options, more),
    ...places,
  };
}

// Each of these makes a function that holds its own parameters alone, and nothing else of a body.

function keep(input: ParsedInput): () => ParsedInput {
  return () => input;
}

function readerOf(
  again: () => ParsedInput,
  options: InputOptions,
  more: readonly KnownImage[],
): WorkloadBody['readWith'] {
  return ({ kinds = options.kinds, images = more }) =>
    readParsedInput(again(), { ...options, kinds }, images, again);
}

/**
 * Reads the workloads of an input, as {@link readParsedInput} does. An input that is still remembered is not read again.
 *
 * @throws Problem `malformed-body`, `invalid-request`
 */
export function readRememberedInput(
  { bodies }: BodyMemory,
  input: WorkloadInput,
  options: InputOptions,
): WorkloadBody {
  // The values of a large body would take more memory than its text: they are parsed again if they are needed again.
  if (input.key.length > LONGEST_BODY) return readParsedInput(input.parse(), options, [], input.parse);
  // A namespace has no line break, so no two inputs share a key.
  const key = `${options.namespace ?? ''}\n${input.key}`;
  const held = bodies.get(key);
  if (held !== undefined) return held;
  const body = readParsedInput(input.parse(), options);
  const kept = { ...body, weight: 40_000 + 20 * input.key.length };
  bodies.set(key, kept);
  return kept;
}

/** The longest text that is remembered, in characters. */
const LONGEST_BODY = 65_536;

/**
 * Reads the workloads among some objects of one document, as {@link readWorkloadBody} does. There may be none.
 *
 * @throws Problem `invalid-request`, with every fault.
 */
export function readWorkloadBodyObjects(
  objects: readonly SourceObject[],
  locate: WorkloadBody['locate'],
  options: InputOptions = {},
  images: readonly KnownImage[] = [],
): WorkloadBody {
  const read = readWorkloadObjects(objects, { ...options, images });
  const readWith: WorkloadBody['readWith'] = (known) =>
    readWorkloadBodyObjects(
      objects,
      locate,
      { ...options, kinds: known.kinds ?? options.kinds },
      known.images ?? images,
    );
  if (read.ok) {
    const { workloads, notices, mayHoldMore } = read;
    return { workloads, notices, images: [], mayHoldMore, readWith, locate };
  }
  throw faultyBodyProblem(read.faults, { locate });
}

/** The problem `invalid-request` of a body with these faults, each with its line and column. */
export function faultyBodyProblem(faults: readonly Fault[], places: Places): Problem {
  return invalidRequest(
    faults.slice(0, LIMITS.faults).map(({ document, path, message }) => ({
      message: visibleText(message),
      ...placeOf(places, document, path),
    })),
    faults.length,
  );
}
