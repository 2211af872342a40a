import { BodyMemory } from '../../judgement/body-memory.ts';
import type { Judgement } from '../../judgement/judge-workloads.ts';
import { MEMORY_BOUNDS } from '../../memory/bounds.ts';
import { Recent } from '../../memory/recent.ts';
import type { CompileQuery } from './compile-query.ts';

/** The text of an answer, and the number of its notices. */
export interface Written {
  readonly text: string;
  readonly notices: number;
}

/** The part of the memory of an isolate that `POST /compile` uses. */
export class CompileMemory {
  readonly bodies = new BodyMemory();
  /** The query parameters by their query string. */
  readonly queries = new Recent<string, CompileQuery>(MEMORY_BOUNDS.queries.weight, () => 1);
  readonly #answers = new WeakMap<Judgement['decisions'], Recent<string, Written>>();

  /** The answers that were written last for some decisions. The same decisions and options give the same answer. */
  answersOf(decisions: Judgement['decisions']): Recent<string, Written> {
    const answers = this.#answers.get(decisions) ?? new Recent(MEMORY_BOUNDS.answers.weight, () => 1);
    this.#answers.set(decisions, answers);
    return answers;
  }
}
