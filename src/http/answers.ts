import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { manifestYaml } from '../compiler/emit/manifest-yaml.ts';
import type { Manifest } from '../compiler/emit/tracing-policy.ts';
import { digestOf } from '../policy-sets/canonical.ts';

/** The media types an answer may have besides problems. */
const ANSWERS = ['application/json', 'application/yaml'];

/** Whether the client prefers YAML to JSON, by its `Accept` header. */
export function prefersYaml(context: Context): boolean {
  return (
    accepts(context, { header: 'Accept', supports: ANSWERS, default: 'application/json' }) ===
    'application/yaml'
  );
}

/** Writes JSON that a person can read too. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Writes JSON on one line, for answers that are long and mostly read by machines: it takes a fifth of the time. */
export function compactJson(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Answers with JSON that a person can read too. */
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

/** Answers with manifests alone, for `kubectl apply -f -`. */
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
 * Gives an answer that depends on digests alone the ETag of its text; the client keeps it and asks
 * whether it is still good (RFC 9110, section 13.1.2), so that who may not have it any more does not.
 */
export async function taggedAnswer(context: Context, answer: Response): Promise<Response> {
  // Not text(): workerd warns of it where the media type is YAML or XML.
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
