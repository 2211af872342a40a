import defaultPolicies from '../../policies/management/access.cedar';
import type { AccessQuestion } from '../cedar/access-question.ts';
import type { Caller } from '../cedar/caller.ts';
import type { CedarMemory } from '../cedar/cedar-memory.ts';
import { type AccessDecision, couldBePermitted, decideAccess } from '../cedar/decide-access.ts';
import { basisOf, type PolicyBasis } from '../cedar/slicing/basis.ts';
import type { Work } from '../cedar/work.ts';
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import { readCedarText } from '../policy-sets/read-policies.ts';
import { readSettings, type Settings, type SettingsBindings } from './settings.ts';
import type { RemoteKeys } from './tokens.ts';

/** A longer question is decided anew each time. */
const LONGEST_QUESTION = 2_000;

/** What an isolate remembers of who may do what. */
export class AccessMemory {
  readonly remoteKeys: RemoteKeys = new Map();
  readonly #cedar: CedarMemory;
  readonly #settings = new WeakMap<SettingsBindings, Settings>();
  /** Answers by the policies that gave them, which never change. */
  readonly #decisions = new WeakMap<PolicyBasis, Recent<string, AccessDecision>>();
  readonly #possible = new WeakMap<PolicyBasis, Recent<string, boolean>>();
  /** Until when it is taken that a namespace of KV has no active set `management`, in milliseconds of the epoch. */
  readonly #absentUntil = new WeakMap<KVNamespace, number>();
  #builtIn: PolicyBasis | undefined;

  constructor(cedar: CedarMemory) {
    this.#cedar = cedar;
  }

  /** The settings of the Worker, read once. @throws SettingsError that names what is missing or wrong */
  settings(bindings: SettingsBindings): Settings {
    const held = this.#settings.get(bindings);
    if (held !== undefined) return held;
    const settings = readSettings(bindings);
    this.#settings.set(bindings, settings);
    return settings;
  }

  /** The management policies of this repository, which decide while no set `management` is active. */
  builtInPolicies(): PolicyBasis {
    if (this.#builtIn !== undefined) return this.#builtIn;
    const { policies, terms, faults } = readCedarText(defaultPolicies);
    if (faults.length > 0) throw new Error('The management policies of this repository cannot be read.');
    this.#builtIn = basisOf(this.#cedar, policies, [], terms);
    return this.#builtIn;
  }

  /** Whether it was seen lately that there is no active set `management`. */
  isManagementAbsent(kv: KVNamespace): boolean {
    return Date.now() < (this.#absentUntil.get(kv) ?? 0);
  }

  /** Remembers for some seconds that there is no active set `management`. */
  rememberManagementAbsent(kv: KVNamespace, seconds: number): void {
    this.#absentUntil.set(kv, Date.now() + seconds * 1_000);
  }

  /** Looks again, at the next request, whether a set `management` is active. */
  forgetManagementAbsent(kv: KVNamespace): void {
    this.#absentUntil.delete(kv);
  }

  /** Decides as {@link decideAccess} does: the same question is answered once by the same policies. */
  async decide(
    basis: PolicyBasis,
    caller: Caller,
    question: AccessQuestion,
    work?: Work,
  ): Promise<AccessDecision> {
    const { accessDecisions } = MEMORY_BOUNDS;
    const answers = this.#decisions.get(basis) ?? new Recent(accessDecisions.weight, () => 1);
    this.#decisions.set(basis, answers);
    return remembered(answers, [caller, question], () => decideAccess(basis, caller, question, work));
  }

  /** Tells as {@link couldBePermitted} does: once of the same caller by the same policies. */
  async couldBePermitted(
    basis: PolicyBasis,
    caller: Caller,
    action: 'compile' | 'authorize',
  ): Promise<boolean> {
    const { possibleCallers } = MEMORY_BOUNDS;
    const answers = this.#possible.get(basis) ?? new Recent(possibleCallers.weight, () => 1);
    this.#possible.set(basis, answers);
    return remembered(answers, [caller, action], () => couldBePermitted(basis, caller, action));
  }
}

async function remembered<T>(
  answers: Recent<string, T>,
  question: readonly unknown[],
  answer: () => Promise<T>,
): Promise<T> {
  const key = JSON.stringify(question);
  const held = answers.get(key);
  if (held !== undefined) return held;
  const found = await answer();
  if (key.length <= LONGEST_QUESTION) answers.set(key, found);
  return found;
}
