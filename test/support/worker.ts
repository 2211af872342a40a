import { env, exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { z } from 'zod';
import { CompilationAnswerSchema } from '../../src/api/compile/compilation-answer.ts';
import { PROBLEMS, type ProblemCode, problemType } from '../../src/http/problem-codes.ts';
import { ProblemSchema } from '../../src/http/problem-schema.ts';
import type { VersionPointer } from '../../src/policy-sets/kv-keys.ts';
import { readCedarText } from '../../src/policy-sets/read-policies.ts';
import type { VersionContent } from '../../src/policy-sets/version-schemas.ts';
import { ADMIN } from './credentials.ts';
import { checkManifests } from './manifests.ts';
import { contentOf, writeVersion } from './write-version.ts';

/** Splits a Cedar text; a policy without an `@id` is given one, as `cedar` itself numbers them. */
export function policiesOf(text: string): Record<string, string> {
  let count = 0;
  const named = text.replaceAll(
    /(?<!\)\s*)\b(permit|forbid)\s*\(/g,
    (match) => `@id("policy${count++}") ${match}`,
  );
  const { policies, faults } = readCedarText(named);
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join('; '));
  return { ...policies };
}

/** Publishes a Cedar text as the active version of a set, into the KV of the Worker. */
export async function publish(
  text: string,
  name = 'default',
  more: Partial<VersionContent> = {},
  version = 1,
): Promise<VersionPointer> {
  return writeVersion(env.POLICY_SETS, name, version, contentOf(policiesOf(text), more));
}

/** Sends a request to the Worker, as its admin unless the headers say who else. */
export function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has('authorization')) headers.set('authorization', ADMIN.authorization);
  return sendAs(null, path, { ...init, headers });
}

/** Sends a request to the Worker with these credentials, or with none. */
export function sendAs(token: string | null, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  return exports.default.fetch(new Request(`http://tracewright.test${path}`, { ...init, headers }));
}

/** Posts a JSON value. */
export function postJson(path: string, value: unknown): Promise<Response> {
  return send(path, {
    method: 'POST',
    body: JSON.stringify(value),
    headers: { 'content-type': 'application/json' },
  });
}

/** Posts a YAML text. */
export function postYaml(
  path: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return send(path, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/yaml', ...headers },
  });
}

/** The text of a YAML answer; workerd warns of `text()` on media types it does not know. */
export async function yamlText(response: Response): Promise<string> {
  return new TextDecoder().decode(await response.arrayBuffer());
}

/** The answer of a successful compilation; its manifests are checked against the schemas. */
export async function compilation(response: Response): Promise<z.output<typeof CompilationAnswerSchema>> {
  const text = await response.text();
  expect(`${response.status} ${response.status === 200 ? '' : text}`).toBe('200 ');
  expect(response.headers.get('content-type')).toBe('application/json');
  const answer = CompilationAnswerSchema.parse(JSON.parse(text));
  checkManifests(answer.manifests);
  return answer;
}

/** The problem a request ended with; it must be of this type, and hold no manifest and no stack trace. */
export async function problem(
  response: Response,
  code: ProblemCode,
): Promise<z.output<typeof ProblemSchema>> {
  const text = await response.text();
  expect(`${response.status} ${response.headers.get('content-type')}`).toBe(
    `${PROBLEMS[code].status} application/problem+json`,
  );
  expect(text).not.toMatch(/cilium\.io|\n\s+at |\.ts:/);
  const answer = ProblemSchema.parse(JSON.parse(text));
  expect(answer.type).toBe(problemType(code));
  expect(answer.status).toBe(response.status);
  return answer;
}
