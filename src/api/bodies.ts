import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { parseDocuments, type SourceDocument, type Syntax } from '../compiler/documents.ts';
import { LIMITS } from '../compiler/limits.ts';
import type { Manifest } from '../compiler/tracing-policy.ts';
import { toYaml } from './manifest-yaml.ts';
import { Problem } from './problems.ts';

/** The media types a body may have, and what they mean. */
const SYNTAX: Readonly<Record<string, Syntax>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/x-yaml': 'yaml',
  'text/yaml': 'yaml',
};

/** The media types of request bodies, for the OpenAPI document. */
export const BODY_TYPES = Object.keys(SYNTAX);

/** The media types an answer may have besides problems. */
const ANSWERS = ['application/json', 'application/yaml'];

/**
 * Reads a request's body into documents.
 *
 * @throws Problem `unsupported-media-type`, `body-too-large` or `malformed-body`.
 */
export async function readDocuments(request: Request): Promise<readonly SourceDocument[]> {
  const syntax = declaredSyntax(request.headers);
  const bytes = await readBytes(request);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new Problem('malformed-body', 'The body is not valid UTF-8.');
  }
  const parsed = parseDocuments(text, syntax);
  if (!parsed.ok) {
    throw new Problem('malformed-body', parsed.faults[0]?.message ?? 'The body cannot be parsed.', {
      faults: parsed.faults.map(({ message, position }) => ({ message, ...position })),
    });
  }
  return parsed.documents;
}

function declaredSyntax(headers: Headers): Syntax {
  const encoding = headers.get('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported-media-type', 'A compressed body is not supported: send it as it is.');
  }
  const declared = headers.get('content-type');
  if (declared === null || declared.trim() === '') return 'sniff';
  const [type = '', ...parameters] = declared
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  const syntax = Object.hasOwn(SYNTAX, type) ? SYNTAX[type] : undefined;
  if (syntax === undefined || (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')) {
    throw new Problem(
      'unsupported-media-type',
      `A body of ${declared.slice(0, 200)} is not supported. Say what it is, in UTF-8: curl --header 'content-type: application/yaml' --data-binary @service.yaml`,
      {},
      { accept: BODY_TYPES.join(', ') },
    );
  }
  return syntax;
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const tooLarge = (): Problem =>
    new Problem('body-too-large', `A body has at most ${LIMITS.bodyBytes} bytes (1 MiB).`);
  if (Number(request.headers.get('content-length') ?? 0) > LIMITS.bodyBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // The length a client declares is a claim, and may be missing: count what comes.
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > LIMITS.bodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** Whether the client prefers YAML to JSON, by its `Accept` header. */
export function prefersYaml(context: Context): boolean {
  return (
    accepts(context, { header: 'Accept', supports: ANSWERS, default: 'application/json' }) ===
    'application/yaml'
  );
}

/** Answers with JSON that a person can read too. */
export function jsonAnswer(value: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(value, null, 2)}\n`, {
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Answers with manifests alone, for `kubectl apply -f -`. */
export function yamlAnswer(
  manifests: readonly Manifest[],
  headers: Readonly<Record<string, string>> = {},
  comments: readonly string[] = [],
): Response {
  return new Response(toYaml(manifests, comments), {
    headers: { 'content-type': 'application/yaml', ...headers },
  });
}
