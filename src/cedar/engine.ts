import './wasm.ts';
import {
  type AuthorizationAnswer,
  type DetailedError,
  isAuthorized,
  preparsePolicySet,
  type StatefulAuthorizationCall,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/web';

/** Cedar policies by id. Immutable: its content never changes under one key. */
export interface PolicyTexts {
  /** Identifies the content, e.g. its digest. */
  readonly key: string;
  /** The text of exactly one static policy under each id. */
  readonly policies: Readonly<Record<string, string>>;
}

/** A Cedar request with its entities: everything but the policies. */
export type CedarRequest = Pick<
  StatefulAuthorizationCall,
  'principal' | 'action' | 'resource' | 'context' | 'entities'
>;

/** What Cedar found, and why. */
export interface Evaluation {
  readonly allowed: boolean;
  /** The policies that decided: the permits of an allow, the forbids of a deny. */
  readonly reasons: readonly string[];
  /** The policies whose evaluation failed. */
  readonly errors: readonly { readonly policyId: string; readonly message: string }[];
}

/** Cedar could not be asked: the policies do not parse, or the entities do not fit. */
export class CedarFailure extends Error {
  override readonly name = 'CedarFailure';
  constructor(errors: readonly DetailedError[], options?: ErrorOptions) {
    super(errors.map(({ message }) => message).join('; ') || 'Cedar gave no answer.', options);
  }
}

/** How many policy sets stay parsed in one isolate. */
const SLOTS = 8;

/**
 * Slots by policy-set key, least recently used first. Cedar keeps what is prepared under a name for ever,
 * so names are reused: a ninth set takes the slot of the one unused for longest.
 */
const slots = new Map<string, string>();

function slotOf({ key, policies }: PolicyTexts): string {
  const held = slots.get(key);
  if (held !== undefined) {
    slots.delete(key);
    slots.set(key, held);
    return held;
  }
  const [oldest] = slots;
  const slot = slots.size < SLOTS || oldest === undefined ? `slot-${slots.size}` : oldest[1];
  const answer = preparsePolicySet(slot, { staticPolicies: { ...policies } });
  // On failure Cedar leaves the slot as it was, so its old owner keeps it.
  if (answer.type === 'failure') throw new CedarFailure(answer.errors);
  if (slots.size >= SLOTS && oldest !== undefined) slots.delete(oldest[0]);
  slots.set(key, slot);
  return slot;
}

/**
 * Evaluates a request against prepared policies; each policy set is parsed once while it stays in use.
 *
 * @throws CedarFailure when the policies or the entities are unusable. Nothing is allowed then.
 */
export function evaluate(texts: PolicyTexts, request: CedarRequest): Evaluation {
  const preparsedPolicySetId = slotOf(texts);
  return toEvaluation(() => statefulIsAuthorized({ ...request, preparsedPolicySetId }));
}

/** The slow, obvious reference for {@link evaluate}: parses everything each time. For tests. */
export function evaluateText(policies: PolicyTexts['policies'], request: CedarRequest): Evaluation {
  return toEvaluation(() => isAuthorized({ ...request, policies: { staticPolicies: { ...policies } } }));
}

function toEvaluation(ask: () => AuthorizationAnswer): Evaluation {
  let answer: AuthorizationAnswer;
  try {
    answer = ask();
  } catch (cause) {
    // The wasm boundary throws what it cannot convert, instead of answering "failure".
    throw new CedarFailure([], { cause });
  }
  if (answer.type === 'failure') throw new CedarFailure(answer.errors);
  const { decision, diagnostics } = answer.response;
  return {
    allowed: decision === 'allow',
    reasons: [...diagnostics.reason].sort(),
    errors: diagnostics.errors
      .map(({ policyId, error }) => ({ policyId, message: error.message }))
      .sort((a, b) => (a.policyId < b.policyId ? -1 : 1)),
  };
}

/** Whether Cedar is loaded and answers. */
export function engineReady(): boolean {
  try {
    const answer = isAuthorized({
      principal: { type: 'Probe', id: 'p' },
      action: { type: 'Probe', id: 'a' },
      resource: { type: 'Probe', id: 'r' },
      context: {},
      policies: { staticPolicies: { probe: 'permit(principal, action, resource);' } },
      entities: [],
    });
    return answer.type === 'success' && answer.response.decision === 'allow';
  } catch {
    // A WebAssembly module that has trapped once throws at every call.
    return false;
  }
}
