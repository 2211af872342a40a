import { type ReadWorkloads, readWorkloadObjects, readWorkloads } from '../compiler/index.ts';
import type { Fault } from '../compiler/model/faults.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { type Path, toPointer } from '../compiler/model/pointer.ts';
import type { Position, SourceDocument } from '../compiler/read/documents/source-document.ts';
import type { SourceObject } from '../compiler/read/lists.ts';
import type { ReadOptions } from '../compiler/read/read-objects.ts';
import { invalidRequest, type Problem } from '../http/problems.ts';
import { readText } from '../http/read-body.ts';
import { visibleText } from '../http/visible-text.ts';
import type { BodyMemory } from './body-memory.ts';
import type { WorkloadBody } from './workload-body.ts';

/**
 * Reads the workloads of the documents of a body. This is the first step of a `/compile` request after its text has
 * been parsed; nothing is decided here.
 *
 * @throws Problem `invalid-request`, with every fault.
 */
export function readWorkloadBody(
  documents: readonly SourceDocument[],
  options: ReadOptions = {},
): WorkloadBody {
  const locate = (document: number, path: Path): Position | undefined => documents[document]?.locate(path);
  return workloadBodyOf(readWorkloads(documents, options), locate);
}

/**
 * Reads the workloads of a text, as {@link readWorkloadBody} does. A text that is still remembered is not read again.
 *
 * @param type The media type of the text; undefined when the client did not say.
 * @throws Problem `malformed-body`, `invalid-request`
 */
export function readWorkloadBodyText(
  { bodies }: BodyMemory,
  text: string,
  type: string | undefined,
  options: ReadOptions,
): WorkloadBody {
  // A media type and a namespace are never empty and have no line break, so no two inputs share a key.
  const key = `${type ?? ''}\n${options.namespace ?? ''}\n${text}`;
  const held = bodies.get(key);
  if (held !== undefined) return held;
  const body = readWorkloadBody(readText(text, type), options);
  if (text.length > LONGEST_BODY) return body;
  const kept = { ...body, weight: 40_000 + 20 * text.length };
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
  options: ReadOptions = {},
): WorkloadBody {
  return workloadBodyOf(readWorkloadObjects(objects, options), locate);
}

function workloadBodyOf(read: ReadWorkloads, locate: WorkloadBody['locate']): WorkloadBody {
  if (read.ok) return { workloads: read.workloads, notices: read.notices, locate };
  throw faultyBodyProblem(read.faults, locate);
}

/** The problem `invalid-request` of a body with these faults, each with its line and column. */
export function faultyBodyProblem(faults: readonly Fault[], locate: WorkloadBody['locate']): Problem {
  return invalidRequest(
    faults.slice(0, LIMITS.faults).map(({ document, path, message }) => ({
      message: visibleText(message),
      document,
      pointer: toPointer(path),
      ...locate(document, path),
    })),
    faults.length,
  );
}
