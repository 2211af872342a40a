import { z } from 'zod';
import { inPieces } from '../../cedar/pieces.ts';
import type { PolicyExtent } from '../../cedar/policy-extent.ts';
import { placeIn } from '../../cedar/policy-text.ts';
import type { PolicyTerms } from '../../cedar/slicing/policy-terms.ts';
import { LIMITS } from '../../compiler/model/limits.ts';
import { toPointer } from '../../compiler/model/pointer.ts';
import { readObject } from '../../http/object-body.ts';
import type { RequestFault } from '../../http/problem-schema.ts';
import { invalidRequest } from '../../http/problems.ts';
import { readQuery } from '../../http/query.ts';
import { BODY_TYPES, type Body, readBody, readText } from '../../http/read-body.ts';
import type { GateFault } from '../../policy-sets/gate-fault.ts';
import { readingCedarText, readingPoliciesById } from '../../policy-sets/read-policies.ts';
import {
  type VersionDraft,
  type VersionRequest,
  VersionRequestSchema,
} from '../../policy-sets/version-schemas.ts';

/** The media types of a Cedar text. */
export const CEDAR_TYPES = ['application/cedar', 'text/plain'];

/** The query parameters that go with a Cedar text, which has no fields for them. */
export const VersionQuerySchema = z.strictObject({
  message: z
    .string()
    .max(LIMITS.message)
    .optional()
    .meta({
      description: 'As the field of the JSON body; for a Cedar text.',
      examples: ['Let media run ffmpeg.'],
    }),
  author: z
    .string()
    .max(LIMITS.author)
    .optional()
    .meta({
      description: 'As the field of the JSON body; for a Cedar text.',
      examples: ['Ada <ada@example.org>'],
    }),
});

/** A version as it was sent. */
export interface SentVersion {
  readonly draft: VersionDraft;
  /** What is known of when its policies apply. */
  readonly terms: ReadonlyMap<string, PolicyTerms>;
  /** The extents of its policies, by id. */
  readonly extents: ReadonlyMap<string, PolicyExtent>;
  readonly message: string;
  readonly author: string;
  /** The faults of policies that could not be read. */
  readonly faults: readonly GateFault[];
  /** Finds the place of a fault in the body. */
  locate(fault: GateFault): RequestFault;
}

/** A body that should hold a version. It is not parsed yet: reading thousands of policies takes seconds. */
export interface ReceivedVersion {
  readonly body: Body;
  readonly query: z.output<typeof VersionQuerySchema>;
}

/** Receives the body of a version. @throws Problem `unsupported-media-type`, `body-too-large` or `malformed-body` */
export async function receiveVersion(request: Request): Promise<ReceivedVersion> {
  const query = readQuery(request.url, VersionQuerySchema);
  const body = await readBody(request, [...BODY_TYPES, ...CEDAR_TYPES], LIMITS.versionBodyBytes);
  return { body, query };
}

/**
 * Reads a version from a body, with pauses in which other requests are answered.
 *
 * @throws Problem when the body does not have the form of a version
 */
export async function readVersion({ body, query }: ReceivedVersion): Promise<SentVersion> {
  return isCedar(body) ? readCedar(body.text, query) : readFields(body, query);
}

function isCedar({ text, type }: Body): boolean {
  return type === undefined ? !text.trimStart().startsWith('{') : CEDAR_TYPES.includes(type);
}

async function readCedar(
  text: string,
  { message = '', author = '' }: z.output<typeof VersionQuerySchema>,
): Promise<SentVersion> {
  const { policies, terms, extents, offsets, faults } = await inPieces(readingCedarText(text));
  const draft: VersionDraft = {
    policies,
    schema: null,
    entities: [],
    settings: { authorizeEntrypoints: false },
    tests: [],
  };
  const textOffsets = new Map<GateFault, number>(faults.map((fault) => [fault, fault.textOffset]));
  return {
    draft,
    terms,
    extents,
    message,
    author,
    faults,
    locate: (fault) => {
      const start = fault.policy === undefined ? undefined : offsets.get(fault.policy);
      const offset =
        textOffsets.get(fault) ?? (start === undefined ? undefined : start + (fault.offset ?? 0));
      return {
        ...describe(fault, draft),
        ...(offset === undefined ? {} : { document: 0, ...placeIn(text, offset) }),
      };
    },
  };
}

async function readFields(body: Body, query: z.output<typeof VersionQuerySchema>): Promise<SentVersion> {
  const repeated = Object.keys(query).map((parameter) => ({
    parameter,
    message: 'The body has a field for it: use that.',
  }));
  if (repeated.length > 0) throw invalidRequest(repeated);
  const documents = readText(body.text, body.type);
  const { value, locate } = readObject(documents, VersionRequestSchema);
  const rounded = documents.flatMap((document) => document.rounded());
  if (rounded.length > 0)
    throw invalidRequest(rounded.map((place) => ({ message: ROUNDED, document: 0, ...place })));
  const { message, author, ...sent }: VersionRequest = value;
  const { policies, terms, extents, added, faults } = await inPieces(readingPoliciesById(sent.policies));
  return {
    draft: { ...sent, policies },
    terms,
    extents,
    message,
    author,
    faults,
    locate: (fault) => ({
      ...describe(inSentText(fault, added), sent),
      document: 0,
      pointer: toPointer(fault.path),
      ...locate(fault.path),
    }),
  };
}

const ROUNDED =
  'The number is not what JSON readers make of it: they round integers beyond 9007199254740991 and long fractions. Cedar has whole numbers alone.';

/** Corrects the offset of a schema fault: the validator reads the policy with an added `@id`, which the body lacks. */
function inSentText(fault: GateFault, added: ReadonlyMap<string, number>): GateFault {
  if (fault.gate !== 'schema' || fault.policy === undefined || fault.offset === undefined) return fault;
  return { ...fault, offset: Math.max(0, fault.offset - (added.get(fault.policy) ?? 0)) };
}

/** The text that the offset of a fault counts in; undefined when the fault is about none. */
function faultyText(
  { policy, path }: GateFault,
  { policies, schema }: Pick<VersionDraft, 'policies' | 'schema'>,
): string | undefined {
  if (policy !== undefined) return Object.hasOwn(policies, policy) ? policies[policy] : undefined;
  return path[0] === 'schema' ? (schema ?? undefined) : undefined;
}

/** A fault as answers state it, without its place in the body. */
function describe(
  fault: GateFault,
  { policies, schema }: Pick<VersionDraft, 'policies' | 'schema'>,
): RequestFault {
  const { gate, message, policy, offset } = fault;
  const text = faultyText(fault, { policies, schema });
  const place = text === undefined || offset === undefined ? undefined : placeIn(text, offset);
  return {
    message,
    gate,
    ...(policy === undefined ? {} : { policy }),
    ...(place === undefined ? {} : { policyLine: place.line, policyColumn: place.column }),
  };
}
