import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { VersionRequest } from '../src/policy-sets/version-schemas.ts';
import type { Call } from './load-client.ts';
import { ADMIN, type Target } from './subject.ts';

/** What is published: policies by their ids, entities, and a schema when it is not that of workloads. */
export type PublishedSet = Pick<VersionRequest, 'policies'> &
  Partial<Pick<VersionRequest, 'entities' | 'schema'>>;

const VersionSchema = z.looseObject({ version: z.int() });

/** Creates a policy set through the API, publishes its first version, and activates it. */
export async function publishSet({ client }: Target, name: string, set: PublishedSet): Promise<void> {
  await client.send(write('POST', '/policy-sets', { name }));
  const published = await client.send(publicationOf(name, set));
  const { version } = VersionSchema.parse(JSON.parse(published));
  await client.send(write('PUT', `/policy-sets/${name}/aliases/active`, { version }));
}

/** The request that publishes a version of a set that exists. */
export function publicationOf(name: string, set: PublishedSet): Call {
  return write('POST', `/policy-sets/${name}/versions`, { ...set, message: 'bench' });
}

/** Lets CI jobs of a repository compile with their tokens, besides callers with keys, as docs/security.md describes. */
export async function publishManagement({ client }: Target): Promise<void> {
  const text = `${readFileSync('policies/management/access.cedar', 'utf8')}
@id("ci-jobs")
permit (
  principal,
  action in [Tracewright::Action::"compile", Tracewright::Action::"authorize"],
  resource
) when { principal.kind == "oidc" && principal has repository && principal.repository == "example/shop" };

@id("this-machine")
permit (
  principal,
  action in [Tracewright::Action::"compile", Tracewright::Action::"authorize", Tracewright::Action::"read"],
  resource
) when { principal.kind == "local" };
`;
  await client.send(write('POST', '/policy-sets', { name: 'management' }));
  const { version } = VersionSchema.parse(
    JSON.parse(
      await client.send({
        method: 'POST',
        path: '/policy-sets/management/versions',
        headers: { ...ADMIN, 'content-type': 'text/plain', 'if-match': '*' },
        body: text,
      }),
    ),
  );
  await client.send(write('PUT', '/policy-sets/management/aliases/active', { version }));
}

function write(method: Call['method'], path: string, body: unknown): Call {
  const headers = { ...ADMIN, 'content-type': 'application/json', 'if-match': '*' };
  return { method, path, headers, body: JSON.stringify(body) };
}
