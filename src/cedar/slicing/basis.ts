/**
 * What decisions are made by: the policies of a version, of which each request is evaluated against the few that can
 * matter to it, and the entities of the version.
 * @module
 */
import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import type { CedarMemory } from '../cedar-memory.ts';
import { type Evaluation, type PolicyTexts, requestOf, together } from '../engine.ts';
import { type EntityLookup, type Question, uidKey } from '../entities.ts';
import { patternSize, policySize } from '../policy-extent.ts';
import { Work } from '../work.ts';
import { namesIn } from './cedar-values.ts';
import { couldAllow, type OpenRequest } from './could-allow.ts';
import { lookupOf, reachable } from './entity-graph.ts';
import { EntityMeasures } from './entity-measures.ts';
import { EntityFacts, type Facts, outcome, valueIn } from './facts.ts';
import type { Candidates } from './policy-index.ts';
import { type IndexedPolicy, type PolicyReader, type PolicySource, sourceOf } from './policy-source.ts';
import { type PolicyTerms, type Test, VARIABLES, type Variable } from './policy-terms.ts';
import { certainly, type Found, type Known, knownOf, portionsOf, type Slice } from './slice.ts';

/** What Cedar decided about a question. */
export interface Finding extends Evaluation {
  /** The policies that could have decided. */
  readonly candidates: readonly Known[];
}

/** With more policies than this, it is not computed whether any of them could allow something. */
const MOST_LOOKED_AT = 256;

/** The policies and entities of a version, to decide questions by. */
export class PolicyBasis {
  /** Entities that the policy set adds, e.g. teams. */
  readonly entities: EntityLookup;
  /** What is remembered of decisions. */
  readonly memory: CedarMemory;
  readonly #source: PolicySource;
  readonly #identity: string;
  readonly #measures: EntityMeasures;

  /**
   * @param entities The entities of the version, in explicit form.
   * @param identity A name of the policies, such as the digest of their version. Decisions are remembered under it.
   */
  constructor(
    source: PolicySource,
    entities: readonly EntityJson[],
    memory: CedarMemory,
    identity = memory.newName(),
  ) {
    this.memory = memory;
    this.#source = source;
    this.#identity = identity;
    this.entities = new Map(entities.map((entity) => [uidKey(entity.uid), entity]));
    this.#measures = new EntityMeasures(this.entities);
  }

  /**
   * Evaluates questions against the policies that may apply to them or fail for them. Cedar decides the same as it
   * would with all policies and entities.
   *
   * @returns The findings, in the order of the questions.
   * @throws CedarFailure when these policies or the entities are unusable. Then nothing is allowed.
   * @throws TooMuchWork before any question is evaluated, or when the deciding policies are too long for an
   *   answer.
   */
  async evaluate(questions: readonly Question[], work = new Work()): Promise<Finding[]> {
    const planned = await this.#plan(questions, work);
    const found = new Map<PlannedPart, Evaluation>();
    // Questions to one slice follow one another: Cedar may be unable to hold all slices of a large version at once.
    for (const parts of Map.groupBy(planned.flat(), ({ candidates }) => candidates).values())
      for (const part of parts) {
        const answer = part.find();
        work.tell(answer.told);
        found.set(part, answer.found);
      }
    return planned.map((parts) => ({
      ...together(parts.flatMap((part) => found.get(part) ?? [])),
      candidates: parts.map(({ candidates }) => candidates),
    }));
  }

  /**
   * Whether a request could be allowed for some resource. The result is true when there are too many policies to
   * look at all of them, or when it cannot be told.
   *
   * @param own The entities that the request states.
   */
  async couldAllow(request: OpenRequest, own: readonly EntityJson[]): Promise<boolean> {
    const { all } = this.#source.index;
    if (all === undefined || all.size > MOST_LOOKED_AT) return true;
    const policies = await this.#source.load(all);
    const entities = lookupOf(own, this.entities);
    const principal = new EntityFacts(request.principal, entities);
    const action = new EntityFacts(request.action, entities);
    // The resource and the context are placeholders, because only tests of principal and action are evaluated.
    const facts: Facts = {
      principal,
      action,
      resource: principal,
      context: {},
      sets: new Map(),
      answered: 0,
    };
    const isKnown = (test: Test): boolean =>
      test.op !== 'any' && (test.variable === 'principal' || test.variable === 'action');
    const possible = [...all]
      .map((ordinal) => policies.policy(ordinal))
      .filter(({ terms }) => terms.tests.every((test) => !isKnown(test) || outcome(test, facts) !== false));
    const names = possible.flatMap(({ terms }) => terms.rest?.names ?? []);
    const visible = reachable(new Set([...names, principal.uid, action.uid]), entities);
    return couldAllow(Object.fromEntries(possible.map(({ id, text }) => [id, text])), request, visible);
  }

  /**
   * Adds up the work that {@link evaluate} would take, without evaluating anything.
   *
   * @throws TooMuchWork
   */
  async weigh(questions: readonly Question[], work: Work): Promise<void> {
    await this.#plan(questions, work);
  }

  /**
   * Finds the policies for all questions and counts the work, so that too much is refused before anything is
   * evaluated.
   */
  async #plan(questions: readonly Question[], work: Work): Promise<PlannedPart[][]> {
    const { rest, places } = this.#source.index;
    const asked = questions.map((question) => {
      const each = this.#look(question, work);
      work.look(places + rest.length + each.collected.size);
      work.climb(each.facts.principal.known + each.facts.resource.known);
      return each;
    });
    const wanted = new Set(rest);
    for (const { collected } of asked) for (const ordinal of collected) wanted.add(ordinal);
    const policies = await this.#source.load(wanted);
    return asked.map((each) => this.#narrow(each, policies, work));
  }

  /** Finds by the index alone which policies may matter to a question. */
  #look(question: Question, work: Work): Asked {
    const { principal, action, resource, context, own } = question;
    const entities = lookupOf(own, this.entities);
    for (const entity of own) this.#measures.refuseCircle(entity, entities, work);
    const facts = {
      principal: new EntityFacts(principal, entities),
      action: new EntityFacts(action, entities),
      resource: new EntityFacts(resource, entities),
      context,
      sets: new Map<unknown, ReadonlySet<string>>(),
      answered: 0,
    };
    const collected = this.#source.index.collect(facts, (text, policies) =>
      work.exclude(`${this.#identity}:${text}`, policies),
    );
    work.test(facts.answered);
    return { question, entities, facts, collected };
  }

  /** Leaves out the policies that their tests exclude, and makes slices of those that Cedar must be asked about. */
  #narrow(asked: Asked, policies: PolicyReader, work: Work): PlannedPart[] {
    const { facts, collected } = asked;
    const before = facts.answered;
    const found = this.#source.index.narrow(
      collected,
      facts,
      (ordinal) => policies.policy(ordinal).terms,
      (test) => countPatterns(test, facts, work),
    );
    work.test(facts.answered - before);
    return found.flatMap(({ ordinals, variables, sure }): PlannedPart[] => {
      const read = ordinals.map((ordinal) => policies.policy(ordinal));
      if (sure === true) return [{ candidates: knownOf(read), find: () => certainly(read) }];
      return portionsOf(read).map(({ from, to }) =>
        this.#ask(asked, this.#slice(ordinals.slice(from, to), read.slice(from, to)), variables, work),
      );
    });
  }

  /** Plans to ask Cedar about a slice. */
  #ask(
    { question, entities, facts }: Asked,
    slice: Slice,
    variables: ReadonlySet<Variable>,
    work: Work,
  ): PlannedPart {
    const { context, own } = question;
    work.prepare(slice.key, slice);
    const reach = (from: Iterable<Variable>): EntityJson[] => {
      const roots = new Set(slice.names);
      for (const variable of from) {
        if (variable === 'context') namesIn(context, roots);
        else roots.add(facts[variable].uid);
      }
      return reachable(roots, entities);
    };
    // Questions that look the same to these policies have the same key, and are evaluated once.
    let key = slice.key;
    if (variables.size > 0 || slice.names.length > 0) {
      const visible = reach(variables);
      const view = [...variables].map((variable): [Variable, unknown] => [
        variable,
        variable === 'context' ? context : facts[variable].uid,
      ]);
      key = JSON.stringify([key, view, own.filter((entity) => visible.includes(entity))]);
    }
    work.evaluate(`=${key}`, slice, () => this.#measures.extent(context, reach(VARIABLES)));
    return {
      candidates: slice.known,
      find: () => this.memory.findings.get(key) ?? this.#find(question, slice, key, reach(VARIABLES)),
    };
  }

  /** Evaluates a question against one slice, and remembers the finding. */
  #find(question: Question, slice: Slice, key: string, entities: EntityJson[]): Found {
    const found = this.memory.prepared.evaluate(slice, requestOf(question, entities));
    const told =
      found.reasons.reduce((sum, id) => sum + id.length + (slice.policies[id]?.length ?? 0), 0) +
      found.errors.reduce((sum, { policyId, message }) => sum + policyId.length + message.length, 0);
    const answer = { found, told, weight: key.length + JSON.stringify(found).length };
    this.memory.findings.set(key, answer);
    return answer;
  }

  /** The slice with these policies, made once for each list of them. */
  #slice(ordinals: Candidates['ordinals'], read: readonly IndexedPolicy[]): Slice {
    const content = `${this.#identity}:${ordinals.join(',')}`;
    const held = this.memory.slices.get(content);
    if (held !== undefined) return held;
    const names = new Set(read.flatMap(({ terms }) => terms.rest?.names ?? []));
    const slice: Slice = {
      key: this.memory.newName(),
      policies: Object.fromEntries(read.map(({ id, text }) => [id, text])),
      known: knownOf(read),
      names: [...names],
      weight: read.reduce((sum, { id, text }) => sum + id.length + text.length, content.length),
      parts: read.reduce((sum, { text }) => sum + policySize(text), 0),
      patterns: read.reduce((sum, { text }) => sum + patternSize(text), 0),
    };
    this.memory.slices.set(content, slice);
    return slice;
  }
}

/** Counts what it took to compare the patterns of a test. */
function countPatterns(test: Test, facts: Facts, work: Work): void {
  if (test.op === 'any') for (const each of test.sides.flat()) countPatterns(each, facts, work);
  if (test.op !== 'like') return;
  const value = valueIn(test, facts);
  if (typeof value === 'string') work.match(test.literals.join('').length, value.length);
}

/** A question, and what is known before any policy is read. */
interface Asked {
  readonly question: Question;
  readonly entities: EntityLookup;
  readonly facts: Facts;
  /** The ordinals of the policies that the index has found. */
  readonly collected: ReadonlySet<number>;
}

/** Some of the policies that a question must be evaluated against. */
interface PlannedPart {
  readonly candidates: Known;
  /** Decides the question by these policies. */
  find(): Pick<Found, 'found' | 'told'>;
}

/**
 * A basis of policies that are in memory.
 *
 * @param policies The texts by id.
 * @param entities The entities of the version, in explicit form.
 * @param known The terms of policies that have been read already, by id.
 * @throws CedarFailure when a policy cannot be read.
 */
export function basisOf(
  memory: CedarMemory,
  policies: PolicyTexts['policies'],
  entities: readonly EntityJson[] = [],
  known?: ReadonlyMap<string, PolicyTerms>,
): PolicyBasis {
  return new PolicyBasis(sourceOf(policies, known), entities, memory);
}
