import { LIMITS } from '../compiler/model/limits.ts';
import { collect, isMultipart, readMultipart } from '../http/multipart.ts';
import { invalidRequest } from '../http/problems.ts';
import { BODY_TYPES, readBody, readWorkloadText } from '../http/read-body.ts';
import { type ParsedInput, parsedDocuments } from './parsed-input.ts';
import { isEnvelope, readEnvelope } from './workload-envelope.ts';
import { readParts } from './workload-parts.ts';

/** The body of a request that is to have workloads in it, before it is parsed. */
export interface WorkloadInput {
  /** The workloads as they were sent: the whole body, or the part `workloads` of it. */
  readonly bytes: Uint8Array;
  /** Two inputs of the same key are read alike. */
  readonly key: string;
  /** @throws Problem `malformed-body` or `invalid-request` */
  parse(): ParsedInput;
}

/**
 * Reads a body of workloads, in one of three forms: the workloads alone; an envelope, which has configs of their images
 * too; or `multipart/form-data`, with both as parts.
 *
 * @throws Problem `unsupported-media-type`, `body-too-large`, `malformed-body` or `invalid-request`.
 */
export async function readWorkloadInput(request: Request): Promise<WorkloadInput> {
  if (!isMultipart(request)) {
    const { text, type, bytes } = await readBody(request, BODY_TYPES, LIMITS.workloadBytes, LEAVE_OUT);
    // A media type is never empty and has no line break, so no two inputs share a key.
    return { bytes, key: `${type ?? ''}\n${text}`, parse: () => parseWhole(text, type) };
  }
  const rules = {
    workloads: collect(LIMITS.workloadBytes),
    images: collect(LIMITS.bodyBytes, LIMITS.parts, LIMITS.imageBytes),
  };
  const parts = await readMultipart(request, rules, LIMITS.formBytes);
  const workloads = parts.find(({ name }) => name === 'workloads');
  if (workloads === undefined) throw missingWorkloads();
  const images = parts.filter(({ name }) => name === 'images');
  const told = parts.map(({ name, filename, type, text }) => [name, filename ?? null, type ?? null, text]);
  return {
    bytes: workloads.bytes,
    key: `multipart\n${JSON.stringify(told)}`,
    parse: () => readParts(workloads, images),
  };
}

/** The advice for a body that is too large: mostly other objects make it so. */
const LEAVE_OUT =
  ' Leave out what is no workload, such as CustomResourceDefinitions, ConfigMaps and Secrets, or send the workloads in several requests.';

/** The problem of a multipart body without workloads. */
export function missingWorkloads(): ReturnType<typeof invalidRequest> {
  return invalidRequest([
    { message: 'The body has no part workloads. Send it: curl -F workloads=@deployment.yaml' },
  ]);
}

function parseWhole(text: string, type: string | undefined): ParsedInput {
  const documents = readWorkloadText(text, type);
  const [first] = documents;
  return first !== undefined && documents.length === 1 && isEnvelope(first.value)
    ? readEnvelope(first)
    : parsedDocuments(documents);
}
