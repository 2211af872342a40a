import type { AccessQuestion } from '../cedar/access-question.ts';
import type { AccessDecision } from '../cedar/decide-access.ts';
import type { PolicyBasis } from '../cedar/slicing/basis.ts';
import type { Work } from '../cedar/work.ts';
import { PolicySetError } from '../policy-sets/policy-set-error.ts';
import { resolveVersion } from '../policy-sets/read-versions.ts';
import { MANAGEMENT_SET } from '../policy-sets/references.ts';
import type { VersionStore } from '../policy-sets/version-store.ts';
import type { AccessMemory } from './access-memory.ts';
import { covers, type Identity, type KeyBounds } from './identity.ts';
import type { Settings } from './settings.ts';

/** The answer to one access question. */
export type Permission = Omit<AccessDecision, 'reason'> & {
  readonly reason: AccessDecision['reason'] | 'OutsideKeyScope';
};

/**
 * The policies that decide who may do what: those of the set `management` when it has an active version, and the
 * built-in ones otherwise.
 *
 * @throws PolicySetError when the set cannot be read, is damaged or is archived. Then nobody may do anything.
 */
export async function managementPolicies(
  memory: AccessMemory,
  store: VersionStore,
  { managementPolicies: source, aliasSeconds }: Settings,
): Promise<PolicyBasis> {
  if (source === 'built-in' || memory.isManagementAbsent(store.kv)) return memory.builtInPolicies();
  try {
    return (await resolveVersion(store, MANAGEMENT_SET, 'active', aliasSeconds)).basis;
  } catch (error) {
    if (!(error instanceof PolicySetError)) throw error;
    if (error.code !== 'policy-set-not-found' && error.code !== 'policy-set-version-not-found') throw error;
    memory.rememberManagementAbsent(store.kv, aliasSeconds);
    return memory.builtInPolicies();
  }
}

/**
 * Decides an access question. The bounds of an API key come first, because no policy widens them; then the policies
 * decide.
 *
 * @param about For `manageKeys`, the bounds of the key in question; undefined for the list of keys.
 * @throws CedarFailure when the policies are unusable; then nothing is permitted.
 * @throws TooMuchWork when the decision would take too long.
 */
export async function decidePermission(
  memory: AccessMemory,
  basis: PolicyBasis,
  { caller, bounds }: Identity,
  question: AccessQuestion,
  about?: KeyBounds,
  work?: Work,
): Promise<Permission> {
  if (bounds !== undefined && !isWithin(bounds, question, about))
    return { allowed: false, reason: 'OutsideKeyScope', policies: [] };
  return memory.decide(basis, caller, question, work);
}

/** Whether a question is within the bounds of a key. */
function isWithin(bounds: KeyBounds, question: AccessQuestion, about: KeyBounds | undefined): boolean {
  const { policySets, namespaces } = bounds;
  if (!hasScope(bounds, question.action)) return false;
  switch (question.action) {
    case 'manageKeys':
      // Without a key the question is about the list, which then shows only the keys that this one covers.
      return about === undefined || covers(bounds, about);
    case 'compile':
    case 'authorize':
      return (
        (policySets === null || policySets.includes(question.policySet)) &&
        (namespaces === null || namespaces.includes(question.namespace))
      );
    case 'describeImages':
      // What an image starts counts in every namespace and for every policy set.
      return namespaces === null && policySets === null;
    default:
      // A policy set decides for every namespace, so a key that is confined to some namespaces may not touch it.
      return (
        namespaces === null &&
        (policySets === null || (question.policySet !== undefined && policySets.includes(question.policySet)))
      );
  }
}

function hasScope({ scopes }: KeyBounds, action: AccessQuestion['action']): boolean {
  return scopes.includes('admin') || scopes.includes(action);
}

/** An access question before the body is read, so that its namespaces, and perhaps its policy set, are unknown. */
export interface OpenQuestion {
  readonly action: AccessQuestion['action'];
  /** The policy set; undefined when the body names it. */
  readonly policySet?: string | undefined;
}

/** Whether the bounds of a caller's key leave room for such a question. Callers without an API key have no bounds. */
export function mayBeWithin({ bounds }: Identity, { action, policySet }: OpenQuestion): boolean {
  if (bounds === undefined) return true;
  if (!hasScope(bounds, action)) return false;
  const { policySets, namespaces } = bounds;
  if (action === 'describeImages') return namespaces === null && policySets === null;
  if (policySet !== undefined && policySets !== null && !policySets.includes(policySet)) return false;
  return namespaces === null || action === 'compile' || action === 'authorize' || action === 'manageKeys';
}
