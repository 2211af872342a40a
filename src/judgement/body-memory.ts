import type { DecisionAnswer } from '../http/decision-schema.ts';
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import type { WorkloadBody } from './workload-body.ts';

/** Decisions about the workloads of a body, and the digest of the version that they were made by. */
interface DecidedBody {
  readonly digest: string;
  readonly decisions: readonly DecisionAnswer[];
}

/** A body as a version reads it, and the digest of the version. */
interface ReadBody {
  readonly digest: string;
  readonly read: WorkloadBody;
}

/** A body with what was stored of its images. */
interface CompletedBody {
  readonly stored: string;
  readonly completed: WorkloadBody;
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
  readonly #read = new WeakMap<WorkloadBody, ReadBody>();
  readonly #completed = new WeakMap<WorkloadBody, CompletedBody>();
  readonly #decided = new WeakMap<WorkloadBody, DecidedBody>();

  /** Reads a body by a version, or returns how the same version read it last. */
  readOnce(body: WorkloadBody, digest: string, read: () => WorkloadBody): WorkloadBody {
    const held = this.#read.get(body);
    if (held?.digest === digest) return held.read;
    const again = read();
    this.#read.set(body, { digest, read: again });
    return again;
  }

  /** Adds what is stored to a body, or returns the result of the last time if the same was stored then. */
  addOnce(body: WorkloadBody, stored: string, add: () => WorkloadBody): WorkloadBody {
    const held = this.#completed.get(body);
    if (held?.stored === stored) return held.completed;
    const completed = add();
    this.#completed.set(body, { stored, completed });
    return completed;
  }

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
