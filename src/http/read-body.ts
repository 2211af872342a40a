import { LIMITS } from '../compiler/model/limits.ts';
import { parseJsonDocument } from '../compiler/read/documents/json-document.ts';
import type { ParsedText, SourceDocument } from '../compiler/read/documents/source-document.ts';
import { parseDocuments, parseWorkloadDocuments, type Syntax } from '../compiler/read/documents.ts';
import { bodyPieces, encodingOf } from './gzip-body.ts';
import { joined } from './part-splitter.ts';
import { Problem } from './problems.ts';

/** The media types of bodies, and the syntax of each. */
const SYNTAX: Readonly<Record<string, Syntax>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/x-yaml': 'yaml',
  'text/yaml': 'yaml',
};

/** The media types of request bodies, for the OpenAPI document. */
export const BODY_TYPES = Object.keys(SYNTAX);

/**
 * Reads the body of a request, and parses it into documents.
 *
 * @throws Problem `unsupported-media-type`, `body-too-large` or `malformed-body`.
 */
export async function readDocuments(request: Request): Promise<readonly SourceDocument[]> {
  const { text, type } = await readBody(request, BODY_TYPES);
  return readText(text, type);
}

/** A body and its media type, which is undefined when the client did not say. */
export interface Body {
  readonly text: string;
  readonly type: string | undefined;
  /** The body, expanded if it was sent compressed. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a body of one of these media types, plain or compressed with gzip.
 *
 * @param limit The bytes that it may have, expanded.
 * @param advice What the message about a body that has more ends with.
 * @throws Problem `unsupported-media-type`, `body-too-large`, or `malformed-body` when it is not UTF-8.
 */
export async function readBody(
  request: Request,
  types: readonly string[],
  limit: number = LIMITS.bodyBytes,
  advice = '',
): Promise<Body> {
  const type = declaredType(request.headers, types);
  const bytes = await readBytes(request, limit, advice);
  try {
    return { text: UTF8.decode(bytes), type, bytes };
  } catch {
    throw new Problem('malformed-body', 'The body is not valid UTF-8.');
  }
}

/** Decodes whole texts, so that it holds nothing between two calls. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Reads an AdmissionReview. Its limit is higher than that of other bodies, because the review of a change holds the
 * object twice. API servers send JSON; YAML, for people who try the webhook, has the limits of other bodies.
 *
 * @throws Problem `unsupported-media-type`, `body-too-large` or `malformed-body`.
 */
export async function readReview(request: Request): Promise<readonly SourceDocument[]> {
  const { text, type } = await readBody(request, BODY_TYPES, LIMITS.admissionBytes);
  if (type === undefined ? !/^\s*\{/.test(text) : type !== 'application/json') {
    if (text.length <= LIMITS.bodyBytes) return readText(text, type);
    throw new Problem('body-too-large', `YAML has at most ${LIMITS.bodyBytes} characters here: send JSON.`);
  }
  return documentsOf(parseJsonDocument(text, LIMITS.admissionNodes)).documents;
}

/** Parses a JSON or YAML text into documents. @throws Problem `malformed-body` */
export function readText(text: string, type: string | undefined): readonly SourceDocument[] {
  return parseText(text, type).documents;
}

/** Parses a text as {@link readText} does, and says which of the two syntaxes it has. */
export function parseText(
  text: string,
  type: string | undefined,
): { readonly syntax: 'json' | 'yaml'; readonly documents: readonly SourceDocument[] } {
  return documentsOf(parseDocuments(text, syntaxOf(type)));
}

/**
 * Parses a text with workloads. Of objects that cannot hold any, it has the apiVersion and the kind alone.
 *
 * @throws Problem `malformed-body`
 */
export function readWorkloadText(text: string, type: string | undefined): readonly SourceDocument[] {
  return documentsOf(parseWorkloadDocuments(text, syntaxOf(type))).documents;
}

function syntaxOf(type: string | undefined): Syntax {
  return (type !== undefined && Object.hasOwn(SYNTAX, type) ? SYNTAX[type] : undefined) ?? 'sniff';
}

function documentsOf(parsed: ParsedText): Extract<ParsedText, { ok: true }> {
  if (parsed.ok) return parsed;
  throw new Problem('malformed-body', parsed.faults[0]?.message ?? 'The body cannot be parsed.', {
    faults: parsed.faults.map(({ message, position }) => ({ message, ...position })),
  });
}

function declaredType(headers: Headers, types: readonly string[]): string | undefined {
  const declared = headers.get('content-type');
  if (declared === null || declared.trim() === '') return undefined;
  const [type = '', ...parameters] = declared
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  if (!types.includes(type) || (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')) {
    throw new Problem(
      'unsupported-media-type',
      `A body of ${declared.slice(0, 200)} is not supported. Say what it is, in UTF-8: ${curlOf(types)}`,
      {},
      { accept: types.join(', ') },
    );
  }
  return type;
}

/** A command that sends a body of one of these media types. */
function curlOf(types: readonly string[]): string {
  return types.includes('application/yaml')
    ? "curl --header 'content-type: application/yaml' --data-binary @service.yaml"
    : `curl --header 'content-type: ${types[0]}' --data-binary @FILE`;
}

async function readBytes(request: Request, limit: number, advice: string): Promise<Uint8Array> {
  const tooLarge = (): Problem =>
    new Problem(
      'body-too-large',
      `The body has more than ${limit} bytes (${limit / 1_048_576} MiB).${advice}`,
    );
  const declared = Number(request.headers.get('content-length') ?? Number.NaN);
  // The runtime reads no more than the declared length (RFC 9112, section 6.2), so the body can be read at once.
  if (declared <= limit && encodingOf(request.headers) === 'identity') {
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.byteLength > limit) throw tooLarge();
    return bytes;
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of bodyPieces(request, limit, tooLarge)) pieces.push(piece);
  return joined(pieces);
}
