import type { Evaluation, PolicyTexts } from '../engine.ts';
import type { SliceSize } from '../work.ts';

/** Policies that may apply together. */
export interface Slice extends PolicyTexts, SliceSize {
  /** Entities that they look into. */
  readonly names: readonly string[];
  /** Characters of the policies and of what they are found by. */
  readonly weight: number;
}

/** What Cedar found with the policies of one slice. */
export interface Found {
  readonly found: Evaluation;
  /** How many characters an answer would have that tells of the policies that decided. */
  readonly told: number;
  /** Characters of the question and of what was found. */
  readonly weight: number;
}
