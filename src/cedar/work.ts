import { LIMITS } from '../compiler/model/limits.ts';
import { Failure } from '../failures/failure.ts';

/** The cost of decisions in steps. A step is about a microsecond of a slow processor, as measured. */
const STEPS = {
  /** To parse a word, literal or sign of a policy. */
  prepare: 3,
  /** To evaluate a word, literal or sign of a policy. */
  evaluate: 0.15,
  /** To compare a character of a pattern with a character of a text. */
  match: 0.002,
  /** To look at a policy without evaluating it. */
  look: 0.1,
  /** To answer a test of a policy. */
  test: 0.1,
  /**
   * To exclude a policy by its pattern with the index. It counts as much as it takes Cedar to evaluate a short policy,
   * so that it does not depend on the index which requests are refused.
   */
  pattern: 4.5,
  /** To read a character of an entity. */
  entity: 0.12,
  /** To find an ancestor of an entity. */
  above: 1.5,
  /** To note an ancestor of an entity, as Cedar does when it reads entities. */
  closure: 5,
  /** To ask a question at all. */
  question: 50,
} as const;

/** The decisions of a request would take too much work, or the answer about them would be too long. */
export class TooMuchWork extends Failure {
  override readonly name = 'TooMuchWork';
  readonly code = 'work-exceeded';
}

/** The size of some policies, as it matters for the work that they make. */
export interface SliceSize {
  /** How many words, literals and signs they have. */
  readonly parts: number;
  /** How many characters the patterns behind `like` have. */
  readonly patterns: number;
}

/** The size of the data that policies can see of a request. */
export interface Extent {
  /** How many characters its JSON has. */
  readonly characters: number;
  /** How many characters the longest text in it has. */
  readonly longest: number;
  /** How many ancestors its entities have, each counted for every entity that is in it. */
  readonly ancestors: number;
}

/**
 * Adds up the work that the decisions of one request take, before they are made. It counts as if nothing were
 * remembered of earlier requests, so that the same request is always refused or never.
 */
export class Work {
  #steps: number;
  #told = 0;
  readonly #seen = new Set<string>();
  /** At which places of the index policies were excluded, by the key of {@link exclude}. */
  readonly #excluded = new Map<string, Set<number>>();

  /** @param steps How many steps the request may take. */
  constructor(steps: number = LIMITS.work) {
    this.#steps = steps;
  }

  /** Counts a question, and the policies that are looked at for it. @throws TooMuchWork */
  look(policies: number): void {
    this.#spend(STEPS.question + STEPS.look * policies);
  }

  /** Counts tests of policies that were answered for a question. @throws TooMuchWork */
  test(tests: number): void {
    this.#spend(STEPS.test * tests);
  }

  /**
   * Counts policies that the index excludes by their patterns, once for each key and place.
   *
   * @param key The same for all questions with the same text for the same version.
   * @param policies How many there are at each place of the index.
   * @throws TooMuchWork
   */
  exclude(key: string, policies: ReadonlyMap<number, number>): void {
    const places = this.#excluded.get(key) ?? new Set<number>();
    this.#excluded.set(key, places);
    for (const [place, count] of policies) {
      if (places.has(place)) continue;
      places.add(place);
      this.#spend(STEPS.pattern * count);
    }
  }

  /** Counts the comparison of so many characters of a pattern with a text. @throws TooMuchWork */
  match(pattern: number, text: number): void {
    this.#spend(STEPS.match * pattern * text);
  }

  /** Counts the ancestors that are found for an entity. @throws TooMuchWork */
  climb(above: number): void {
    this.#spend(STEPS.above * above);
  }

  /** Counts the parsing of policies, once for each key. @throws TooMuchWork */
  prepare(key: string, { parts }: SliceSize): void {
    if (this.#isFirst(key)) this.#spend(STEPS.prepare * parts);
  }

  /**
   * Counts the evaluation of policies, once for each key.
   *
   * @param key The same for all questions that look the same to these policies.
   * @param extent Measures the data that the policies can see.
   * @throws TooMuchWork
   */
  evaluate(key: string, { parts, patterns }: SliceSize, extent: () => Extent): void {
    if (!this.#isFirst(key)) return;
    const { characters, longest, ancestors } = extent();
    this.#spend(
      STEPS.evaluate * parts +
        STEPS.match * patterns * longest +
        STEPS.entity * characters +
        STEPS.closure * ancestors,
    );
  }

  /**
   * Counts the characters of the deciding policies, which the answer repeats with their annotations.
   *
   * @throws TooMuchWork
   */
  tell(characters: number): void {
    this.#told += characters;
    if (this.#told > LIMITS.determining)
      throw new TooMuchWork(
        `The policies that decide would take more than ${LIMITS.determining} characters of the answer, which describes each of them for every decision that it makes. Ask for fewer overrides at once, or let fewer policies apply to one override.`,
      );
  }

  #isFirst(key: string): boolean {
    const before = this.#seen.size;
    this.#seen.add(key);
    return this.#seen.size > before;
  }

  #spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0)
      throw new TooMuchWork(
        'Too many policies would have to be evaluated for too many overrides. Ask for fewer overrides at once, or say in more policies for whom they are and what they permit (principal ==, principal in, resource ==, or a comparison of an attribute by == as the first condition), so that they are evaluated for these alone.',
      );
  }
}

/** The size of a JSON value, which has no ancestors. */
export function extentOf(value: unknown): Omit<Extent, 'ancestors'> {
  let longest = 0;
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'string') longest = Math.max(longest, part.length);
    return part;
  });
  return { characters: text?.length ?? 0, longest };
}
