import type { DecisionAnswer } from '../http/decision-answer.ts';
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import type { Services } from './services.ts';

/** Decisions about some services, and the digest of the version that made them. */
interface Decided {
  readonly digest: string;
  readonly decisions: readonly DecisionAnswer[];
}

/**
 * What an isolate remembers of the bodies of requests. Services take many times the memory of their text, and what
 * becomes of them hangs on them: when a body is forgotten, so are its decisions.
 */
export class BodyMemory {
  readonly bodies = new Recent<string, Services & { readonly weight: number }>(
    MEMORY_BOUNDS.bodies.weight,
    ({ weight }) => weight,
  );
  readonly #decided = new WeakMap<Services, Decided>();

  /** Decides about services: about the same services by the same version once. */
  async decideOnce(
    services: Services,
    digest: string,
    decide: () => Promise<readonly DecisionAnswer[]>,
  ): Promise<readonly DecisionAnswer[]> {
    const held = this.#decided.get(services);
    if (held?.digest === digest) return held.decisions;
    const decisions = await decide();
    this.#decided.set(services, { digest, decisions });
    return decisions;
  }
}
