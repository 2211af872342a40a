/**
 * Reads the JSON form of many policies with few calls of Cedar.
 *
 * Cedar needs most of the time of a call to begin, and parses the text twice. So the clauses of many policies are put
 * into one policy, which it reads in one call, and their JSON is given to each policy again. Braces occur in pairs in
 * Cedar. So clauses whose braces are closed mean the same among others as alone, or none of them can be read.
 * @module
 */
import './wasm.ts';
import { type PolicyJson, policyToJson } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../compiler/model/limits.ts';
import { type CutPolicy, cutPolicy } from './cut-policy.ts';
import type { PolicyExtent } from './policy-extent.ts';

/** How deep the policies are whose clauses are put together. */
const DEEPEST = LIMITS.policyDepth / 2;

/** How many clauses are put together. A clause is a step, so all of them are not deeper than one policy may be. */
const MOST_CLAUSES = LIMITS.policyDepth - DEEPEST;

/** How many words, literals and signs are put together, so that little is read again when Cedar cannot read them. */
const MOST_PARTS = 4_000;

/** A policy with its extent. */
interface Measured {
  readonly text: string;
  readonly extent: PolicyExtent;
}

/**
 * The JSON forms of policies, as `policyToJson` gives them; undefined for each policy that must be read alone.
 *
 * @param ask Asks Cedar for the JSON form of a policy.
 */
export function policiesToJson(
  policies: readonly Measured[],
  ask: (policy: string) => ReturnType<typeof policyToJson> = policyToJson,
): (PolicyJson | undefined)[] {
  const forms = policies.map((): PolicyJson | undefined => undefined);
  let splice = new Splice();
  const read = (): void => {
    for (const [place, form] of splice.read(ask)) forms[place] = form;
    splice = new Splice();
  };
  for (const [place, { text, extent }] of policies.entries()) {
    const cut = extent.depth > DEEPEST ? undefined : cutPolicy(text);
    if (cut === undefined) continue;
    if (!splice.hasRoom(cut, extent)) read();
    splice.add(place, cut, extent);
  }
  read();
  return forms;
}

/** Policies whose clauses are put together. */
class Splice {
  readonly #policies: { readonly place: number; readonly cut: CutPolicy }[] = [];
  #clauses = 0;
  #parts = 0;
  #patterns = 0;

  /** Whether a policy may be added. */
  hasRoom({ count }: CutPolicy, { parts, patterns }: PolicyExtent): boolean {
    return (
      this.#clauses + count <= MOST_CLAUSES &&
      this.#parts + parts <= MOST_PARTS &&
      this.#patterns + patterns <= LIMITS.policyPatterns
    );
  }

  /** @param place The place of the policy in its list. */
  add(place: number, cut: CutPolicy, { parts, patterns }: PolicyExtent): void {
    this.#policies.push({ place, cut });
    this.#clauses += cut.count;
    this.#parts += parts;
    this.#patterns += patterns;
  }

  /** The JSON forms of the policies by their places; none when Cedar cannot read all of them. */
  read(ask: (policy: string) => ReturnType<typeof policyToJson>): readonly (readonly [number, PolicyJson])[] {
    const conditions = this.#conditions(ask);
    if (conditions?.length !== this.#clauses) return [];
    let from = 0;
    return this.#policies.map(({ place, cut: { head, count } }) => {
      const { annotations, ...scope } = head;
      const form = { ...scope, conditions: conditions.slice(from, from + count) };
      from += count;
      return [place, annotations === undefined ? form : { ...form, annotations }];
    });
  }

  #conditions(
    ask: (policy: string) => ReturnType<typeof policyToJson>,
  ): PolicyJson['conditions'] | undefined {
    if (this.#clauses === 0) return [];
    const clauses = this.#policies.map(({ cut }) => cut.clauses).join('\n');
    try {
      const answer = ask(`permit (principal, action, resource)${clauses};`);
      return answer.type === 'success' ? answer.json.conditions : undefined;
    } catch {
      // WebAssembly that traps throws an error, instead of answering "failure".
      return undefined;
    }
  }
}
