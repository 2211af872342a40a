import type { Evaluation, PolicyTexts } from '../engine.ts';
import type { SliceSize } from '../work.ts';

/** Policies that may apply together, and that Cedar prepares together. */
export interface Slice extends PolicyTexts, SliceSize {
  /** The UIDs of the entities that the policies name. */
  readonly names: readonly string[];
  /** How many characters the policies and the key of the slice have. */
  readonly weight: number;
}

/** What Cedar decided by the policies of one slice. */
export interface Found {
  readonly found: Evaluation;
  /** How many characters an answer takes to describe the policies that decided. */
  readonly told: number;
  /** How many characters the key and the evaluation have. */
  readonly weight: number;
}
