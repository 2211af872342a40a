import type { VersionSummary } from '../policy-sets/change.ts';
import type { VersionContent } from '../policy-sets/model.ts';
import { parseContent, type ResolvedVersion, readContent } from '../policy-sets/repository.ts';
import type { Bindings } from './environment.ts';
import { policySetProblem } from './policy-set-problem.ts';
import { Problem } from './problems.ts';
import { ask, noSuchSet, registryOf } from './writes.ts';

/** A version as its set's single writer finds it, with its content. */
export interface FoundVersion {
  readonly name: string;
  readonly summary: VersionSummary;
  readonly content: VersionContent;
}

/**
 * Finds a version by the registry, which knows it from the moment of its publication, and reads its
 * content from KV, or from the registry while KV has not got it.
 *
 * @throws Problem when there is none, or it cannot be had or trusted.
 */
export async function findVersion(
  bindings: Bindings,
  name: string,
  reference: string,
): Promise<FoundVersion> {
  const registry = registryOf(bindings, name);
  const found = await ask(async () => registry.find(reference));
  if (found === undefined) {
    const standing = await ask(async () => registry.read());
    throw standing === undefined
      ? noSuchSet(name)
      : new Problem('policy-set-version-not-found', `The policy set ${name} has no version ${reference}.`);
  }
  const { summary, body } = found;
  try {
    const content =
      body === undefined
        ? await readContent(bindings.POLICY_SETS, summary.digest)
        : await parseContent(body, summary.digest);
    return { name, summary, content };
  } catch (error) {
    throw policySetProblem(error);
  }
}

/** A found version, as decisions need it. */
export function resolveFound({ name, summary, content }: FoundVersion): ResolvedVersion {
  const { version, digest } = summary;
  const { policies, entities, settings } = content;
  return { name, version, digest, basis: { key: digest, policies, entities }, settings };
}
