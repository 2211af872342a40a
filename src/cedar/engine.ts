import { Failure } from '../failures/failure.ts';
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
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import type { Question } from './entities.ts';
import { policySize } from './policy-extent.ts';

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
export class CedarFailure extends Failure {
  override readonly name = 'CedarFailure';
  readonly code = 'cedar-failed';
  constructor(message: string, options?: ErrorOptions) {
    super(message === '' ? 'Cedar gave no answer.' : message, options);
  }
}

interface Slot {
  readonly name: string;
  /** Words and signs of the policies in it. */
  readonly size: number;
}

/**
 * Cedar with the policies that it has parsed: each set of policies is parsed once while it stays in use.
 *
 * Cedar keeps what is prepared under a name for ever, so names are reused, and emptied when what they hold is
 * too much (`MEMORY_BOUNDS.preparedPolicies`).
 *
 * @example
 * const prepared = new PreparedPolicies();
 * const everything = { key: 'all', policies: { all: 'permit (principal, action, resource);' } };
 * const uid = (id: string) => ({ type: 'Example', id });
 * const request = { principal: uid('p'), action: uid('a'), resource: uid('r'), context: {}, entities: [] };
 * prepared.evaluate(everything, request).allowed; // => true
 */
export class PreparedPolicies {
  readonly #slots = new Recent<string, Slot>(
    MEMORY_BOUNDS.preparedPolicies.weight,
    ({ size }) => size,
    MEMORY_BOUNDS.preparedPolicies.entries,
  );
  readonly #free: string[];

  constructor() {
    // All of an isolate's code shares one instance of Cedar, and no two of these may use the same name in it.
    const mark = Math.random().toString(36).slice(2);
    this.#free = Array.from(
      { length: MEMORY_BOUNDS.preparedPolicies.entries },
      (_, index) => `slot-${mark}-${index}`,
    );
  }

  /**
   * Evaluates a request against prepared policies.
   *
   * @throws CedarFailure when the policies or the entities are unusable. Nothing is allowed then.
   */
  evaluate(texts: PolicyTexts, request: CedarRequest): Evaluation {
    return toEvaluation(() =>
      statefulIsAuthorized({ ...request, preparsedPolicySetId: this.#slotOf(texts) }),
    );
  }

  #slotOf({ key, policies }: PolicyTexts): string {
    const held = this.#slots.get(key);
    if (held !== undefined) return held.name;
    const size = Object.values(policies).reduce((sum, text) => sum + policySize(text), 0);
    // Before what is to come, so that the two are never held at once.
    for (const { name } of this.#slots.makeRoom(size)) {
      preparsePolicySet(name, { staticPolicies: {} });
      this.#free.push(name);
    }
    const name = this.#free.at(-1);
    if (name === undefined) throw new Error('No slot is free, though one was freed.');
    const answer = preparsePolicySet(name, { staticPolicies: { ...policies } });
    // On failure Cedar leaves the slot as it was: empty or unused, and free.
    if (answer.type === 'failure') throw new CedarFailure(spelled(answer.errors));
    this.#free.pop();
    this.#slots.set(key, { name, size });
    return name;
  }
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
 * The slow, obvious reference for {@link PreparedPolicies}: parses everything each time. For tests.
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
