import defaultPolicies from '../../policies/management/access.cedar';
import { type AccessDecision, type AccessQuestion, decideAccess } from '../cedar/access.ts';
import { basisOf, type PolicyBasis } from '../cedar/basis.ts';
import { readCedarText } from '../policy-sets/draft.ts';
import { MANAGEMENT_SET } from '../policy-sets/model.ts';
import { PolicySetError, resolveVersion } from '../policy-sets/repository.ts';
import type { Identity, KeyBounds } from './identity.ts';
import type { Settings } from './settings.ts';

/** The answer about one question. */
export type Permission = Omit<AccessDecision, 'reason'> & {
  readonly reason: AccessDecision['reason'] | 'OutsideKeyScope';
};

let builtIn: PolicyBasis | undefined;

/** The policies of this repository, for as long as no set `management` is active. */
export function builtInPolicies(): PolicyBasis {
  if (builtIn !== undefined) return builtIn;
  const { policies, terms, faults } = readCedarText(defaultPolicies);
  if (faults.length > 0) throw new Error('The management policies of this repository cannot be read.');
  builtIn = basisOf(policies, [], terms);
  return builtIn;
}

/** Until when an isolate takes it that there is no active set `management`, in milliseconds of the epoch. */
const absentUntil = new WeakMap<KVNamespace, number>();

/**
 * The policies that decide who may do what: those of the set `management` where one is active, else
 * those built in. Whatever else is wrong with the set is an error: then nobody may do anything.
 *
 * @throws PolicySetError
 */
export async function managementPolicies(
  kv: KVNamespace,
  { managementPolicies: source, aliasSeconds }: Settings,
): Promise<PolicyBasis> {
  if (source === 'built-in') return builtInPolicies();
  if (Date.now() < (absentUntil.get(kv) ?? 0)) return builtInPolicies();
  try {
    return (await resolveVersion(kv, MANAGEMENT_SET, 'active', aliasSeconds)).basis;
  } catch (error) {
    if (!(error instanceof PolicySetError)) throw error;
    if (error.kind !== 'set-not-found' && error.kind !== 'version-not-found') throw error;
    absentUntil.set(kv, Date.now() + aliasSeconds * 1_000);
    return builtInPolicies();
  }
}

/** Makes this isolate look again whether a set `management` is active. */
export function forgetAbsence(kv: KVNamespace): void {
  absentUntil.delete(kv);
}

/** Decides a question: an API key's own bounds first, which no policy widens, then the policies. */
export async function decidePermission(
  basis: PolicyBasis,
  { caller, bounds }: Identity,
  question: AccessQuestion,
): Promise<Permission> {
  if (bounds !== undefined && !isWithin(bounds, question))
    return { allowed: false, reason: 'OutsideKeyScope', policies: [] };
  return decideAccess(basis, caller, question);
}

function isWithin({ scopes, policySets, namespaces }: KeyBounds, question: AccessQuestion): boolean {
  if (!scopes.includes('admin') && !scopes.includes(question.action)) return false;
  if (
    policySets !== null &&
    (!('policySet' in question) ||
      question.policySet === undefined ||
      !policySets.includes(question.policySet))
  )
    return false;
  return namespaces === null || !('namespace' in question) || namespaces.includes(question.namespace);
}
