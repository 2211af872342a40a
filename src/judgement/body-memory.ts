import type { DecisionAnswer } from '../http/decision-schema.ts';
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import type { WorkloadBody } from './workload-body.ts';

/** Decisions about the workloads of a body, and the digest of the version that they were made by. */
interface DecidedBody {
  readonly digest: string;
  readonly decisions: readonly DecisionAnswer[];
}

/**
 * The request bodies that an isolate has read lately. The decisions about a body are kept with it, so they are
 * forgotten together.
 */
export class BodyMemory {
  /** The bodies by their text, media type and namespace. A body takes many times the memory of its text. */
  readonly bodies = new Recent<string, WorkloadBody & { readonly weight: number }>(
    MEMORY_BOUNDS.bodies.weight,
    ({ weight }) => weight,
  );
  readonly #decided = new WeakMap<WorkloadBody, DecidedBody>();

  /** Decides about a body, or returns what the same version decided about it last. */
  async decideOnce(
    body: WorkloadBody,
    digest: string,
    decide: () => Promise<readonly DecisionAnswer[]>,
  ): Promise<readonly DecisionAnswer[]> {
    const held = this.#decided.get(body);
    if (held?.digest === digest) return held.decisions;
    const decisions = await decide();
    this.#decided.set(body, { digest, decisions });
    return decisions;
  }
}
