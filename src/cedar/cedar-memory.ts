import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import type { DeterminingPolicy } from './determining-policy.ts';
import { type PolicyTexts, PreparedPolicies } from './engine.ts';
import type { Found, Slice } from './slicing/slice.ts';

/** What an isolate remembers of Cedar's work. All policies that one isolate decides by share it. */
export class CedarMemory {
  readonly prepared = new PreparedPolicies();
  /** Slices by the policies in them. */
  readonly slices = new Recent<string, Slice>(
    MEMORY_BOUNDS.slices.weight,
    ({ weight }) => weight,
    MEMORY_BOUNDS.slices.entries,
  );
  /** What Cedar found, by slice and by what the slice can see of a request. */
  readonly findings = new Recent<string, Found>(
    MEMORY_BOUNDS.findings.weight,
    ({ weight }) => weight,
    MEMORY_BOUNDS.findings.entries,
  );
  /** What the authors of policies say of them, as long as their slice is remembered. */
  readonly descriptions = new WeakMap<PolicyTexts['policies'], Map<string, DeterminingPolicy>>();
  #numbered = 0;

  /** A name that nothing else in this memory has. */
  newName(): string {
    this.#numbered += 1;
    return `#${this.#numbered}`;
  }
}
