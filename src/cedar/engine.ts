/**
 * Evaluates requests with Cedar.
 * @module
 */
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

/** Cedar policies by id. They never change. */
export interface PolicyTexts {
  /** A name for these policies that no other policies ever have. */
  readonly key: string;
  /** The text of exactly one static policy under each id. */
  readonly policies: Readonly<Record<string, string>>;
}

/** A Cedar request with its entities: everything except the policies. */
export type CedarRequest = Pick<
  StatefulAuthorizationCall,
  'principal' | 'action' | 'resource' | 'context' | 'entities'
>;

/** The Cedar request for a question, with all entities that Cedar needs. */
export function requestOf(
  { principal, action, resource, context }: Question,
  entities: readonly EntityJson[],
): CedarRequest {
  return { principal, action, resource, context: { ...context }, entities: [...entities] };
}

/** What Cedar decided, and why. */
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

/** A name in Cedar under which policies are prepared. */
interface Slot {
  readonly name: string;
  /** How many words, literals and signs the policies have. */
  readonly size: number;
}

/**
 * The policies that Cedar has parsed. Each set of policies is parsed once while it stays in use.
 *
 * Cedar keeps for ever what is prepared under a name. So there is a fixed number of names, which are emptied and
 * reused when the policies exceed `MEMORY_BOUNDS.preparedPolicies`.
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
    // All code of an isolate shares one instance of Cedar, so two objects of this class must use different names.
    const mark = Math.random().toString(36).slice(2);
    this.#free = Array.from(
      { length: MEMORY_BOUNDS.preparedPolicies.entries },
      (_, index) => `slot-${mark}-${index}`,
    );
  }

  /**
   * Evaluates a request against policies, and prepares the policies first when they are new.
   *
   * @throws CedarFailure when the policies or the entities are unusable. Nothing is allowed then.
   */
  evaluate(texts: PolicyTexts, request: CedarRequest): Evaluation {
    return toEvaluation(() =>
      statefulIsAuthorized({ ...request, preparsedPolicySetId: this.#slotOf(texts) }),
    );
  }

  /** The name under which policies are prepared. @throws CedarFailure when they do not parse. */
  #slotOf({ key, policies }: PolicyTexts): string {
    const held = this.#slots.get(key);
    if (held !== undefined) return held.name;
    const size = Object.values(policies).reduce((sum, text) => sum + policySize(text), 0);
    // Room is made before the new policies are prepared, so that Cedar never holds the old and the new ones together.
    for (const { name } of this.#slots.makeRoom(size)) {
      preparsePolicySet(name, { staticPolicies: {} });
      this.#free.push(name);
    }
    const name = this.#free.at(-1);
    if (name === undefined) throw new Error('No slot is free, though one was freed.');
    const answer = preparsePolicySet(name, { staticPolicies: { ...policies } });
    // When Cedar fails, it leaves the slot as it was, so the slot stays free.
    if (answer.type === 'failure') throw new CedarFailure(spelled(answer.errors));
    this.#free.pop();
    this.#slots.set(key, { name, size });
    return name;
  }
}

/**
 * Combines the evaluations of parts of a policy set into the evaluation of the whole set. One satisfied forbid denies
 * and hides the permits; otherwise one satisfied permit allows (Cedar: "Authorization", the decision).
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
 * Evaluates a request in the slow and obvious way, which parses everything each time. Tests compare
 * {@link PreparedPolicies} with it.
 *
 * @param schema A Cedar schema to read the request and the entities by. They must conform to it.
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

/** The messages of errors, in one text. */
function spelled(errors: readonly DetailedError[]): string {
  return errors.map(({ message }) => message).join('; ');
}

/** Asks Cedar, and makes an error of every failure. @throws CedarFailure */
function toEvaluation(ask: () => AuthorizationAnswer): Evaluation {
  let answer: AuthorizationAnswer;
  try {
    answer = ask();
  } catch (cause) {
    // The WebAssembly binding throws for values that it cannot convert, instead of answering "failure".
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

/** Whether Cedar is loaded and decides a trivial request correctly. */
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
