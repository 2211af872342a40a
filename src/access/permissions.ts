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

/** The answer about one question. */
export type Permission = Omit<AccessDecision, 'reason'> & {
  readonly reason: AccessDecision['reason'] | 'OutsideKeyScope';
};

/**
 * The policies that decide who may do what: those of the set `management` where one is active, else
 * those built in. Whatever else is wrong with the set is an error: then nobody may do anything.
 *
 * @throws PolicySetError
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
 * Decides a question: an API key's own bounds first, which no policy widens, then the policies.
 *
 * @param about The key that a question about keys is about; undefined for the list of them.
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

/** Whether a key was made for a question. What its bounds say nothing of is outside of them. */
function isWithin(bounds: KeyBounds, question: AccessQuestion, about: KeyBounds | undefined): boolean {
  const { policySets, namespaces } = bounds;
  if (!hasScope(bounds, question.action)) return false;
  switch (question.action) {
    case 'manageKeys':
      // Without a key it is about the list, which is answered with what is within.
      return about === undefined || covers(bounds, about);
    case 'compile':
    case 'authorize':
      return (
        (policySets === null || policySets.includes(question.policySet)) &&
        (namespaces === null || namespaces.includes(question.namespace))
      );
    default:
      // A set decides for every namespace, so it is outside of a key that is confined to some.
      return (
        namespaces === null &&
        (policySets === null || (question.policySet !== undefined && policySets.includes(question.policySet)))
      );
  }
}

function hasScope({ scopes }: KeyBounds, action: AccessQuestion['action']): boolean {
  return scopes.includes('admin') || scopes.includes(action);
}

/** What is known of a question before the body is read that says of what it is. */
export interface OpenQuestion {
  readonly action: AccessQuestion['action'];
  /** The policy set, when the body does not name it. */
  readonly policySet?: string | undefined;
}

/** Whether a key could be for some question of these; callers without a key are not confined. */
export function mayBeWithin({ bounds }: Identity, { action, policySet }: OpenQuestion): boolean {
  if (bounds === undefined) return true;
  if (!hasScope(bounds, action)) return false;
  const { policySets, namespaces } = bounds;
  if (policySet !== undefined && policySets !== null && !policySets.includes(policySet)) return false;
  return namespaces === null || action === 'compile' || action === 'authorize' || action === 'manageKeys';
}
