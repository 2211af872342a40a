import { type ReadWorkloads, readWorkloadObjects, readWorkloads } from '../compiler/index.ts';
import type { Fault } from '../compiler/model/faults.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { type Path, toPointer } from '../compiler/model/pointer.ts';
import type { Position, SourceDocument } from '../compiler/read/documents/source-document.ts';
import type { SourceObject } from '../compiler/read/lists.ts';
import type { ReadOptions } from '../compiler/read/read-objects.ts';
import { readText } from '../http/bodies.ts';
import { invalidRequest, type Problem } from '../http/problems.ts';
import { visibleText } from '../http/visible-text.ts';

import type { BodyMemory } from './memory.ts';
import type { Services } from './services.ts';

/** Reads the services of a body's documents. @throws Problem `invalid-request`, with every fault. */
export function readServices(documents: readonly SourceDocument[], options: ReadOptions = {}): Services {
  const locate = (document: number, path: Path): Position | undefined => documents[document]?.locate(path);
  return servicesOf(readWorkloads(documents, options), locate);
}

/** As {@link readServices}, of a text: one that was read before is not read again. */
export function readServiceText(
  { bodies }: BodyMemory,
  text: string,
  type: string | undefined,
  options: ReadOptions,
): Services {
  // No media type and no namespace is empty or has a line break.
  const key = `${type ?? ''}\n${options.namespace ?? ''}\n${text}`;
  const held = bodies.get(key);
  if (held !== undefined) return held;
  const services = readServices(readText(text, type), options);
  if (text.length > LONGEST_BODY) return services;
  const kept = { ...services, weight: 40_000 + 20 * text.length };
  bodies.set(key, kept);
  return kept;
}

/** The characters of a body that is remembered, at most. */
const LONGEST_BODY = 65_536;

/** As {@link readServices}, of some objects of a document, among which there may be no service. */
export function readServiceObjects(
  objects: readonly SourceObject[],
  locate: Services['locate'],
  options: ReadOptions = {},
): Services {
  return servicesOf(readWorkloadObjects(objects, options), locate);
}

function servicesOf(read: ReadWorkloads, locate: Services['locate']): Services {
  if (read.ok) return { workloads: read.workloads, notices: read.notices, locate };
  throw faultyBody(read.faults, locate);
}

/** The problem of a body with these faults. */
export function faultyBody(faults: readonly Fault[], locate: Services['locate']): Problem {
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
