import './wasm.ts';
import {
  type AuthorizationAnswer,
  type DetailedError,
  type EntityJson,
  isAuthorized,
  preparsePolicySet,
  type StatefulAuthorizationCall,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../compiler/model/limits.ts';
import { Recent } from '../memory/recent.ts';
import { policySize } from './bounds.ts';
import type { Question } from './entities.ts';

/** Cedar policies by id. Immutable: its content never changes under one key. */
export interface PolicyTexts {
  /** Stands for the content: nothing else ever has it. */
  readonly key: string;
  /** The text of exactly one static policy under each id. */
  readonly policies: Readonly<Record<string, string>>;
}

/** A Cedar request with its entities: everything but the policies. */
export type CedarRequest = Pick<
  StatefulAuthorizationCall,
  'principal' | 'action' | 'resource' | 'context' | 'entities'
>;

/** A question, with all entities that Cedar shall know of. */
export function requestOf(
  { principal, action, resource, context }: Question,
  entities: readonly EntityJson[],
): CedarRequest {
  return { principal, action, resource, context: { ...context }, entities: [...entities] };
}

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
  constructor(message: string, options?: ErrorOptions) {
    super(message === '' ? 'Cedar gave no answer.' : message, options);
  }
}

/** How many sets of policies stay parsed in one isolate, and how many words and signs in all of them. */
const SLOTS = 256;
const PREPARED_PARTS = LIMITS.versionParts + 50_000;

interface Slot {
  readonly name: string;
  readonly size: number;
}

/**
 * Prepared sets by key. Cedar keeps what is prepared under a name for ever, at some 80 bytes a word, so names
 * are reused, and emptied when what they hold is too much.
 */
const slots = new Recent<string, Slot>(PREPARED_PARTS, ({ size }) => size, SLOTS);
const free = Array.from({ length: SLOTS }, (_, index) => `slot-${index}`);

function slotOf({ key, policies }: PolicyTexts): string {
  const held = slots.get(key);
  if (held !== undefined) return held.name;
  const size = Object.values(policies).reduce((sum, text) => sum + policySize(text), 0);
  // Before what is to come, so that the two are never held at once.
  for (const { name } of slots.makeRoom(size)) {
    preparsePolicySet(name, { staticPolicies: {} });
    free.push(name);
  }
  const name = free.at(-1);
  if (name === undefined) throw new Error('No slot is free, though one was freed.');
  const answer = preparsePolicySet(name, { staticPolicies: { ...policies } });
  // On failure Cedar leaves the slot as it was: empty or unused, and free.
  if (answer.type === 'failure') throw new CedarFailure(spelled(answer.errors));
  free.pop();
  slots.set(key, { name, size });
  return name;
}

/**
 * Evaluates a request against prepared policies; each set of policies is parsed once while it stays in use.
 *
 * @throws CedarFailure when the policies or the entities are unusable. Nothing is allowed then.
 */
export function evaluate(texts: PolicyTexts, request: CedarRequest): Evaluation {
  return toEvaluation(() => statefulIsAuthorized({ ...request, preparsedPolicySetId: slotOf(texts) }));
}

/**
 * What is found by several sets of policies is found by all of them: one satisfied forbid denies, and hides
 * the permits; else one satisfied permit allows (Cedar: "Authorization", the decision).
 */
export function together(parts: readonly Evaluation[]): Evaluation {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  const forbidding = parts.filter(({ allowed, reasons }) => !allowed && reasons.length > 0);
  const deciding = forbidding.length > 0 ? forbidding : parts.filter(({ allowed }) => allowed);
  return {
    allowed: forbidding.length === 0 && deciding.length > 0,
    reasons: deciding.flatMap(({ reasons }) => reasons).sort(),
    errors: parts.flatMap(({ errors }) => errors).sort(byPolicyId),
  };
}

function byPolicyId(a: { readonly policyId: string }, b: { readonly policyId: string }): number {
  return a.policyId < b.policyId ? -1 : 1;
}

/**
 * The slow, obvious reference for {@link evaluate}: parses everything each time. For tests.
 *
 * @param schema What request and entities are read with, and must conform to.
 */
export function evaluateText(
  policies: PolicyTexts['policies'],
  request: CedarRequest,
  schema?: string,
): Evaluation {
  const reading = schema === undefined ? {} : { schema, validateRequest: true };
  return toEvaluation(() =>
    isAuthorized({ ...request, ...reading, policies: { staticPolicies: { ...policies } } }),
  );
}

function spelled(errors: readonly DetailedError[]): string {
  return errors.map(({ message }) => message).join('; ');
}

function toEvaluation(ask: () => AuthorizationAnswer): Evaluation {
  let answer: AuthorizationAnswer;
  try {
    answer = ask();
  } catch (cause) {
    // The wasm boundary throws what it cannot convert, instead of answering "failure".
    throw cause instanceof CedarFailure ? cause : new CedarFailure('', { cause });
  }
  if (answer.type === 'failure') throw new CedarFailure(spelled(answer.errors));
  const { decision, diagnostics } = answer.response;
  return {
    allowed: decision === 'allow',
    reasons: [...diagnostics.reason].sort(),
    errors: diagnostics.errors
      .map(({ policyId, error }) => ({ policyId, message: error.message }))
      .sort(byPolicyId),
  };
}

/** Whether Cedar is loaded and answers. */
export function engineReady(): boolean {
  try {
    const answer = isAuthorized({
      principal: { type: 'Probe', id: 'p' },
      action: { type: 'Probe::Action', id: 'a' },
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
