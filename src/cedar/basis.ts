import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { CedarFailure, type Evaluation, evaluate, type PolicyTexts, together } from './engine.ts';
import { type EntityLookup, type Question, uidKey } from './entities.ts';
import { EntityFacts, lookupOf, reachable } from './facts.ts';
import { buildIndex, type Candidates, PolicyIndex } from './policy-index.ts';
import { namesIn, type PolicyTerms, VARIABLES, type Variable } from './policy-terms.ts';
import { readPolicy } from './policy-text.ts';
import { Recent } from './recent.ts';

/** Where the policies of a basis are: in memory, or in a text of which only some are read. */
export interface PolicySource {
  /** Finds them by a request. */
  readonly index: Pick<PolicyIndex, 'find'>;
  /** The id and text of a policy. */
  read(ordinal: number): readonly [id: string, text: string];
  terms(ordinal: number): PolicyTerms;
  /** The text of a policy by its id. */
  textOf(id: string): string | undefined;
}

/** What Cedar found, and the texts of the policies that could have decided, by their ids. */
export interface Finding extends Evaluation {
  readonly candidates: readonly PolicyTexts['policies'][];
}

/** Policies that may apply together. */
interface Slice extends PolicyTexts {
  readonly number: number;
  /** Entities that they look into. */
  readonly names: readonly string[];
}

/**
 * What an isolate keeps of all bases: slices, in characters of their policies and however many they are,
 * and what Cedar found, in characters of question and answer.
 */
const SLICES_WEIGHT = 4 * 1_048_576;
const SLICES = 4_000;
const FINDINGS_WEIGHT = 4 * 1_048_576;
const FINDINGS = 8_000;

const slices = new Recent<string, Slice>(SLICES_WEIGHT, ({ key }) => key.length, SLICES);
const findings = new Recent<string, { readonly found: Evaluation; readonly weight: number }>(
  FINDINGS_WEIGHT,
  ({ weight }) => weight,
  FINDINGS,
);
/** Slices and bases so far: each has a number that no other ever has. */
let numbered = 0;

/** What decisions are made by: policies that are found by request, and the entities that come with them. */
export class PolicyBasis {
  /** Entities that the policy set adds, e.g. teams. */
  readonly entities: EntityLookup;
  readonly #source: PolicySource;
  readonly #number = numbered++;
  /** Entities of requests that are not above themselves. */
  readonly #sound = new WeakSet<EntityJson>();

  constructor(source: PolicySource, entities: readonly EntityJson[]) {
    this.#source = source;
    this.entities = new Map(entities.map((entity) => [uidKey(entity.uid), entity]));
  }

  /** The text of one of its policies. */
  textOf(id: string): string | undefined {
    return this.#source.textOf(id);
  }

  /**
   * Evaluates a request against the policies that may apply to it or fail for it. What Cedar finds is the
   * same as with all policies and entities.
   *
   * @throws CedarFailure when these policies, or the entities, are unusable. Nothing is allowed then.
   */
  evaluate({ own, ...request }: Question): Finding {
    const entities = lookupOf(own, this.entities);
    for (const entity of own) this.#refuseCircle(entity, entities);
    const facts = {
      principal: new EntityFacts(request.principal, entities),
      action: new EntityFacts(request.action, entities),
      resource: new EntityFacts(request.resource, entities),
      context: request.context,
    };
    const parts = this.#source.index.find(facts).map(({ ordinals, variables }) => {
      const slice = this.#slice(ordinals);
      const reach = (from: Iterable<Variable>): EntityJson[] => {
        const roots = new Set(slice.names);
        for (const variable of from) {
          if (variable === 'context') namesIn(request.context, roots);
          else roots.add(facts[variable].uid);
        }
        return reachable(roots, entities);
      };
      // Requests that look the same to these policies are one: it is answered once.
      let key = String(slice.number);
      if (variables.size > 0 || slice.names.length > 0) {
        const visible = reach(variables);
        const view = [...variables].map((variable): [Variable, unknown] => [
          variable,
          variable === 'context' ? request.context : facts[variable].uid,
        ]);
        key = JSON.stringify([key, view, own.filter((entity) => visible.includes(entity))]);
      }
      const held = findings.get(key);
      if (held !== undefined) return { candidates: slice.policies, found: held.found };
      const { context } = request;
      const found = evaluate(slice, { ...request, context: { ...context }, entities: reach(VARIABLES) });
      findings.set(key, { found, weight: key.length + JSON.stringify(found).length });
      return { candidates: slice.policies, found };
    });
    return {
      ...together(parts.map(({ found }) => found)),
      candidates: parts.map(({ candidates }) => candidates),
    };
  }

  /**
   * Refuses what Cedar would: an entity of a request that is above itself by what the policy set says of
   * others. The set's own entities have been looked at when its index was made.
   */
  #refuseCircle(entity: EntityJson, entities: EntityLookup): void {
    if (entity.parents.length === 0 || this.#sound.has(entity)) return;
    const uid = uidKey(entity.uid);
    const above = new Set(entity.parents.map(uidKey));
    for (const each of above) {
      if (each === uid) throw new CedarFailure(`The entity ${uid} is above itself.`);
      for (const parent of entities.get(each)?.parents ?? []) above.add(uidKey(parent));
    }
    this.#sound.add(entity);
  }

  #slice(ordinals: Candidates['ordinals']): Slice {
    const name = `${this.#number}:${ordinals.join(',')}`;
    const held = slices.get(name);
    if (held !== undefined) return held;
    const read = ordinals.map((ordinal) => this.#source.read(ordinal));
    const names = new Set(ordinals.flatMap((ordinal) => this.#source.terms(ordinal).rest?.names ?? []));
    const slice: Slice = {
      // The content itself: versions that share these policies share what is prepared of them.
      key: JSON.stringify(read),
      policies: Object.fromEntries(read),
      number: numbered++,
      names: [...names],
    };
    slices.set(name, slice);
    return slice;
  }
}

/** A basis of policies that are in memory. */
export function basisOf(
  policies: PolicyTexts['policies'],
  entities: readonly EntityJson[] = [],
  known?: ReadonlyMap<string, PolicyTerms>,
): PolicyBasis {
  return new PolicyBasis(sourceOf(policies, known), entities);
}

/** Policies that are in memory, with an index of them. Those whose terms are not known are read. */
export function sourceOf(
  policies: PolicyTexts['policies'],
  known: ReadonlyMap<string, PolicyTerms> = new Map(),
): PolicySource {
  const all = Object.entries(policies);
  const terms = all.map(([id, text]) => known.get(id) ?? termsOfText(text));
  const termsAt = (ordinal: number): PolicyTerms => terms[ordinal] ?? noPolicy(ordinal);
  return {
    index: new PolicyIndex(buildIndex(terms), termsAt),
    read: (ordinal) => all[ordinal] ?? noPolicy(ordinal),
    terms: termsAt,
    textOf: (id) => (Object.hasOwn(policies, id) ? policies[id] : undefined),
  };
}

function noPolicy(ordinal: number): never {
  throw new Error(`There is no policy ${ordinal}.`);
}

/**
 * What is known of a policy by its text.
 *
 * @throws CedarFailure when it cannot be read: it might be a forbid, so its whole set is of no use.
 */
export function termsOfText(text: string): PolicyTerms {
  const reading = readPolicy(text);
  if (reading.ok) return reading.terms;
  throw new CedarFailure(reading.problems.map(({ message }) => message).join('; '));
}
