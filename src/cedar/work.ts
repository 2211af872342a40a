import { LIMITS } from '../compiler/model/limits.ts';
import { Failure } from '../failures/failure.ts';

/**
 * What decisions take, in steps of about a microsecond of a slow processor, measured: to prepare and to
 * evaluate a word or sign of a policy, to compare a pattern with a text, to look at a policy without
 * evaluating it, to read a character of an entity, to climb to one above, to note what is above it, and to ask
 * at all.
 */
const STEPS = {
  prepare: 3,
  evaluate: 0.15,
  match: 0.002,
  look: 0.1,
  entity: 0.12,
  above: 1.5,
  closure: 5,
  question: 50,
} as const;

/** Some decisions would take too much work, or their answer would be too long. */
export class TooMuchWork extends Failure {
  override readonly name = 'TooMuchWork';
  readonly code = 'work-exceeded';
}

/** Policies as far as their size matters for the work that they make. */
export interface SliceSize {
  /** Words, literals and signs. */
  readonly parts: number;
  /** Characters of the patterns of `like`. */
  readonly patterns: number;
}

/** How much there is for policies to see. */
export interface Extent {
  /** Of its JSON. */
  readonly characters: number;
  /** The characters of the longest text in it. */
  readonly longest: number;
  /** What entities in it are in, counted for each of them. */
  readonly ancestors: number;
}

/**
 * Adds up what the decisions of one request take, before they are made. It counts as if nothing were
 * remembered of earlier requests, so that the same request is refused always or never.
 */
export class Work {
  #steps: number;
  #told = 0;
  readonly #seen = new Set<string>();

  /** @param steps How many there may be. */
  constructor(steps: number = LIMITS.work) {
    this.#steps = steps;
  }

  /** To find the policies that may matter to a question. */
  look(policies: number): void {
    this.#spend(STEPS.question + STEPS.look * policies);
  }

  /** To find the entities that one is in. */
  climb(above: number): void {
    this.#spend(STEPS.above * above);
  }

  /** To make some policies ready: once for each set of them. */
  prepare(key: string, { parts }: SliceSize): void {
    if (this.#isFirst(key)) this.#spend(STEPS.prepare * parts);
  }

  /**
   * To evaluate some policies: once for all questions that look the same to them.
   *
   * @param extent How much there is of what they can see.
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

  /** To tell of policies that decide: they stand in the answer with their annotations. */
  tell(characters: number): void {
    this.#told += characters;
    if (this.#told > LIMITS.determining)
      throw new TooMuchWork(
        `The policies that decide would be told of in more than ${LIMITS.determining} characters, each once for every decision that it makes. Ask for fewer overrides at once, or let fewer policies apply to one override.`,
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

/** How much there is of a value: the characters of its JSON, and the longest text in it. */
export function extentOf(value: unknown): Omit<Extent, 'ancestors'> {
  let longest = 0;
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'string') longest = Math.max(longest, part.length);
    return part;
  });
  return { characters: text?.length ?? 0, longest };
}
