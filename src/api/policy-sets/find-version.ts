import type { Context } from 'hono';
import type { Environment } from '../../http/environment.ts';
import { Problem } from '../../http/problems.ts';
import { storeOf } from '../../http/settings-of.ts';
import type { VersionSummary } from '../../policy-sets/policy-set-schemas.ts';
import { versionIn, versionOf } from '../../policy-sets/read-versions.ts';
import type { ResolvedVersion, VersionReader } from '../../policy-sets/version-store.ts';
import { ask, noSuchSet, registryOf } from './writes.ts';

/** A version as the registry of its set knows it, with its content. */
export interface FoundVersion {
  readonly name: string;
  readonly summary: VersionSummary;
  readonly version: VersionReader;
}

/**
 * Finds a version in the registry, which knows it as soon as it is published. Its content is read from KV, or from the
 * registry while KV does not have it yet.
 *
 * @throws Failure when there is no such version, or it cannot be read or trusted.
 */
export async function findVersion(
  context: Context<Environment>,
  name: string,
  reference: string,
): Promise<FoundVersion> {
  const registry = registryOf(context.env, name);
  const found = await ask(async () => registry.find(reference));
  if (found === undefined) {
    const standing = await ask(async () => registry.read());
    throw standing === undefined
      ? noSuchSet(name)
      : new Problem('policy-set-version-not-found', `The policy set ${name} has no version ${reference}.`);
  }
  const { summary, body } = found;
  const version =
    body === undefined
      ? await versionOf(storeOf(context), summary.digest)
      : await versionIn(context.get('isolate').cedar, body, summary.digest);
  return { name, summary, version };
}

/** Turns a found version into the form that decisions need. */
export function resolveFound({ name, summary, version: { basis, settings } }: FoundVersion): ResolvedVersion {
  const { version, digest } = summary;
  return { name, version, digest, basis, settings };
}
