import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import { PreparedPolicies } from './engine.ts';
import type { Found, Slice } from './slicing/slice.ts';

/** What an isolate remembers of decisions by Cedar. All policy sets of an isolate share it. */
export class CedarMemory {
  /** The policies that Cedar has parsed. */
  readonly prepared = new PreparedPolicies();
  /** Slices by the identity of their policies and the ordinals in it. */
  readonly slices = new Recent<string, Slice>(
    MEMORY_BOUNDS.slices.weight,
    ({ weight }) => weight,
    MEMORY_BOUNDS.slices.entries,
  );
  /** The findings of Cedar, by the slice and by the parts of a request that the slice can see. */
  readonly findings = new Recent<string, Found>(
    MEMORY_BOUNDS.findings.weight,
    ({ weight }) => weight,
    MEMORY_BOUNDS.findings.entries,
  );
  #numbered = 0;

  /** A name that is unique in this memory. */
  newName(): string {
    this.#numbered += 1;
    return `#${this.#numbered}`;
  }
}
