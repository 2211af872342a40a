import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { StandingSchema } from '../../src/api/policy-sets/get-set.ts';
import { AliasStateSchema, VersionSummarySchema } from '../../src/policy-sets/policy-set-schemas.ts';
import type { PolicySetRegistry } from '../../src/policy-sets/registry.ts';
import { send } from './worker.ts';

type Headers = Readonly<Record<string, string>>;

/** A policy that permits one binary, under this id. */
export function permit(id: string, binary = `/bin/${id}`): string {
  return `@id("${id}")\npermit (principal, action, resource == Lattice::SecurityOverride::"allowedBinary:${binary}");`;
}

/** Sends a write with a JSON body, on whatever the set is now. */
export function write(method: string, path: string, body: unknown, headers: Headers = {}): Promise<Response> {
  return send(path, {
    method,
    headers: { 'content-type': 'application/json', 'if-match': '*', ...headers },
    body: JSON.stringify(body),
  });
}

/** Creates an empty set. */
export async function create(name: string): Promise<void> {
  const response = await write('POST', '/policy-sets', { name });
  expect(`${response.status} ${await response.text()}`).toMatch(/^201 /);
}

/** Publishes a Cedar text as it is. */
export function publishText(name: string, text: string, headers: Headers = {}): Promise<Response> {
  return send(`/policy-sets/${name}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'if-match': '*', ...headers },
    body: text,
  });
}

/** The version that a publication answered with. */
export async function published(response: Response): Promise<ReturnType<typeof VersionSummarySchema.parse>> {
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(/^20[01] /);
  return VersionSummarySchema.parse(JSON.parse(text));
}

/** Points an alias at a version. */
export async function point(
  name: string,
  version: number | string,
  alias = 'active',
  more: object = {},
): Promise<ReturnType<typeof AliasStateSchema.parse>> {
  const response = await write('PUT', `/policy-sets/${name}/aliases/${alias}`, { version, ...more });
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(/^200 /);
  return AliasStateSchema.parse(JSON.parse(text));
}

/** The set as its single writer knows it. */
export async function standing(name: string): Promise<ReturnType<typeof StandingSchema.parse>> {
  const response = await send(`/policy-sets/${name}`);
  expect(response.status).toBe(200);
  return StandingSchema.parse(await response.json());
}

/** The single writer of a set. */
export function registry(name: string): DurableObjectStub<PolicySetRegistry> {
  return env.POLICY_SET_REGISTRY.get(env.POLICY_SET_REGISTRY.idFromName(name));
}
