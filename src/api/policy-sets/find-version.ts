import type { Context } from 'hono';
import type { Environment } from '../../http/environment.ts';
import { Problem } from '../../http/problems.ts';
import { storeOf } from '../../http/settings-of.ts';
import type { VersionSummary } from '../../policy-sets/change.ts';
import { versionIn, versionOf } from '../../policy-sets/read-versions.ts';
import type { ResolvedVersion, VersionReader } from '../../policy-sets/version-store.ts';
import { ask, noSuchSet, registryOf } from './writes.ts';

/** A version as its set's single writer finds it. */
export interface FoundVersion {
  readonly name: string;
  readonly summary: VersionSummary;
  readonly version: VersionReader;
}

/**
 * Finds a version by the registry, which knows it from the moment of its publication, and reads its
 * text from KV, or from the registry while KV has not got it.
 *
 * @throws Failure when there is none, or it cannot be had or trusted.
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

/** A found version, as decisions need it. */
export function resolveFound({ name, summary, version: { basis, settings } }: FoundVersion): ResolvedVersion {
  const { version, digest } = summary;
  return { name, version, digest, basis, settings };
}
