import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { type Evaluation, evaluate, type PolicyTexts } from './engine.ts';
import { type EntityLookup, type Question, uidKey } from './entities.ts';
import { entityFacts, lookupOf, reachable } from './facts.ts';
import { buildIndex, type Candidates, PolicyIndex } from './policy-index.ts';
import { namesIn, type PolicyTerms, UNKNOWN_TERMS, VARIABLES, type Variable } from './policy-terms.ts';
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

/** What Cedar found, and the texts of the policies that could have decided. */
export interface Finding extends Evaluation {
  readonly candidates: PolicyTexts['policies'];
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
    const facts = {
      principal: entityFacts(request.principal, entities),
      action: entityFacts(request.action, entities),
      resource: entityFacts(request.resource, entities),
      context: request.context,
    };
    const { ordinals, variables } = this.#source.index.find(facts);
    const slice = this.#slice(ordinals);
    const candidates = slice.policies;

    const reach = (variables: Iterable<Variable>): EntityJson[] => {
      const roots = new Set(slice.names);
      for (const variable of variables) {
        if (variable === 'context') namesIn(request.context, roots);
        else roots.add(facts[variable].uid);
      }
      return reachable(roots, entities);
    };
    // Requests that look the same to these policies are one: it is answered once.
    const view = [...variables].map((variable): [Variable, unknown] => [
      variable,
      variable === 'context' ? request.context : facts[variable].uid,
    ]);
    const visible = reach(variables);
    const key = JSON.stringify([slice.number, view, own.filter((entity) => visible.includes(entity))]);
    const held = findings.get(key);
    if (held !== undefined) return { ...held.found, candidates };

    const found = evaluate(slice, {
      ...request,
      context: { ...request.context },
      entities: reach(VARIABLES),
    });
    findings.set(key, { found, weight: key.length + JSON.stringify(found).length });
    return { ...found, candidates };
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
  return {
    index: new PolicyIndex(buildIndex(terms), (ordinal) => terms[ordinal]),
    read: (ordinal) => {
      const policy = all[ordinal];
      if (policy === undefined) throw new Error(`There is no policy ${ordinal}.`);
      return policy;
    },
    terms: (ordinal) => terms[ordinal] ?? UNKNOWN_TERMS,
    textOf: (id) => (Object.hasOwn(policies, id) ? policies[id] : undefined),
  };
}

/** What is known of a policy by its text. */
export function termsOfText(text: string): PolicyTerms {
  const reading = readPolicy(text);
  return reading.ok ? reading.terms : UNKNOWN_TERMS;
}
