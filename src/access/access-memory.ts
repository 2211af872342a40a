import defaultPolicies from '../../policies/management/access.cedar';
import type { AccessQuestion } from '../cedar/access-question.ts';
import type { Caller } from '../cedar/caller.ts';
import type { CedarMemory } from '../cedar/cedar-memory.ts';
import { type AccessDecision, couldBePermitted, decideAccess } from '../cedar/decide-access.ts';
import { readForms } from '../cedar/policy-forms.ts';
import { basisOf, type PolicyBasis } from '../cedar/slicing/basis.ts';
import type { Work } from '../cedar/work.ts';
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import { BUILT_IN_FORMS } from './built-in-forms.ts';
import { CredentialMemory } from './credential-memory.ts';
import { readSettings, type Settings, type SettingsBindings } from './settings.ts';
import type { IssuerKeys } from './tokens.ts';

/** The longest question whose answer is remembered, in characters of its JSON. */
const LONGEST_QUESTION = 2_000;

/**
 * What an isolate remembers about callers and access: the settings, the public keys of issuers, the credentials that it
 * has verified, and the answers to access questions. `MEMORY_BOUNDS` bounds the last two.
 */
export class AccessMemory {
  /** The public keys of the issuers of the settings. */
  readonly issuerKeys: IssuerKeys = new WeakMap();
  readonly #cedar: CedarMemory;
  readonly #settings = new WeakMap<SettingsBindings, Settings>();
  /** Whether credentials are good depends on the settings, such as the issuers that are trusted. */
  readonly #credentials = new WeakMap<Settings, CredentialMemory>();
  /** The answers of each set of policies. Policies never change, so neither do their answers. */
  readonly #decisions = new WeakMap<PolicyBasis, Recent<string, AccessDecision>>();
  /** Callers as JSON. A caller that is remembered is the same object at each request. */
  readonly #callers = new WeakMap<Caller, string>();
  /** For each set of policies, whether a caller could be permitted anything. */
  readonly #possible = new WeakMap<PolicyBasis, Recent<string, boolean>>();
  /** Until when a KV namespace is taken to have no active set `management`, in milliseconds since the epoch. */
  readonly #absentUntil = new WeakMap<KVNamespace, number>();
  #builtIn: PolicyBasis | undefined;

  constructor(cedar: CedarMemory) {
    this.#cedar = cedar;
  }

  /**
   * The settings of the Worker, read once.
   *
   * @throws SettingsError that names the setting that is missing or invalid.
   */
  settings(bindings: SettingsBindings): Settings {
    const held = this.#settings.get(bindings);
    if (held !== undefined) return held;
    const settings = readSettings(bindings);
    this.#settings.set(bindings, settings);
    return settings;
  }

  /** The credentials that were verified under some settings. */
  credentials(settings: Settings): CredentialMemory {
    const held = this.#credentials.get(settings) ?? new CredentialMemory();
    this.#credentials.set(settings, held);
    return held;
  }

  /** The management policies of this repository, which decide while no set `management` is active. */
  builtInPolicies(): PolicyBasis {
    if (this.#builtIn !== undefined) return this.#builtIn;
    const { policies, terms } = readForms(defaultPolicies, BUILT_IN_FORMS);
    this.#builtIn = basisOf(this.#cedar, policies, [], terms);
    return this.#builtIn;
  }

  /** Whether a recent read found no active set `management`. */
  isManagementAbsent(kv: KVNamespace): boolean {
    return Date.now() < (this.#absentUntil.get(kv) ?? 0);
  }

  /** Remembers for some seconds that there is no active set `management`. */
  rememberManagementAbsent(kv: KVNamespace, seconds: number): void {
    this.#absentUntil.set(kv, Date.now() + seconds * 1_000);
  }

  /** Makes the next request read again whether a set `management` is active. */
  forgetManagementAbsent(kv: KVNamespace): void {
    this.#absentUntil.delete(kv);
  }

  /** Answers as {@link decideAccess} does. The same policies are asked the same question once. */
  async decide(
    basis: PolicyBasis,
    caller: Caller,
    question: AccessQuestion,
    work?: Work,
  ): Promise<AccessDecision> {
    const { accessDecisions } = MEMORY_BOUNDS;
    const answers = this.#decisions.get(basis) ?? new Recent(accessDecisions.weight, () => 1);
    this.#decisions.set(basis, answers);
    const key = `${this.#textOf(caller)} ${JSON.stringify(question)}`;
    return remembered(answers, key, () => decideAccess(basis, caller, question, work));
  }

  /** Answers as {@link couldBePermitted} does. The same policies are asked about the same caller once. */
  async couldBePermitted(
    basis: PolicyBasis,
    caller: Caller,
    action: 'compile' | 'authorize',
  ): Promise<boolean> {
    const { possibleCallers } = MEMORY_BOUNDS;
    const answers = this.#possible.get(basis) ?? new Recent(possibleCallers.weight, () => 1);
    this.#possible.set(basis, answers);
    const key = `${this.#textOf(caller)} ${action}`;
    return remembered(answers, key, () => couldBePermitted(basis, caller, action));
  }

  #textOf(caller: Caller): string {
    const held = this.#callers.get(caller);
    if (held !== undefined) return held;
    const text = JSON.stringify(caller);
    this.#callers.set(caller, text);
    return text;
  }
}

/** The remembered answer to a question, or the new one. */
async function remembered<T>(answers: Recent<string, T>, key: string, answer: () => Promise<T>): Promise<T> {
  const held = answers.get(key);
  if (held !== undefined) return held;
  const found = await answer();
  if (key.length <= LONGEST_QUESTION) answers.set(key, found);
  return found;
}
