import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { manifestYaml } from '../compiler/emit/manifest-yaml.ts';
import type { Manifest } from '../compiler/emit/tracing-policy.ts';
import { digestOf } from '../policy-sets/canonical.ts';

/** The media types of answers that are not problems. */
const ANSWERS = ['application/json', 'application/yaml'];

/** Whether the client prefers YAML to JSON, by its `Accept` header. */
export function prefersYaml(context: Context): boolean {
  return (
    accepts(context, { header: 'Accept', supports: ANSWERS, default: 'application/json' }) ===
    'application/yaml'
  );
}

/** Writes indented JSON, which people can read too. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Writes JSON on one line, for long answers that programs read: it takes a fifth of the time of indented JSON. */
export function compactJson(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** An answer of indented JSON. */
export function jsonAnswer(
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Response {
  return new Response(jsonText(value), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/**
 * An answer of manifests alone, for `kubectl apply -f -`.
 *
 * @param comments Lines that are written above the manifests.
 */
export function yamlAnswer(
  manifests: readonly Manifest[],
  headers: Readonly<Record<string, string>> = {},
  comments: readonly string[] = [],
): Response {
  return new Response(manifestYaml(manifests, comments), {
    headers: { 'content-type': 'application/yaml', ...headers },
  });
}

/**
 * Gives an answer an ETag, and answers 304 when the client has the same one already (RFC 9110, section 13.1.2). It is
 * for answers that depend on digests alone. A client must ask before it uses its copy again, so that a caller who
 * loses the permission loses the answer too.
 */
export async function taggedAnswer(context: Context, answer: Response): Promise<Response> {
  // workerd logs a warning when text() reads a body of YAML or XML, so the bytes are decoded here.
  const text = new TextDecoder().decode(await answer.arrayBuffer());
  const headers = new Headers(answer.headers);
  if (!headers.has('etag')) headers.set('etag', `"${(await digestOf(text)).slice('sha256:'.length)}"`);
  headers.set('cache-control', 'private, no-cache');
  const tag = headers.get('etag') ?? '';
  const known = (context.req.header('if-none-match') ?? '')
    .split(',')
    .map((each) => each.trim().replace(/^W\//, ''));
  if (context.req.method === 'GET' && (known.includes(tag) || known.includes('*'))) {
    headers.delete('content-type');
    return new Response(null, { status: 304, headers });
  }
  return new Response(text, { status: answer.status, headers });
}
