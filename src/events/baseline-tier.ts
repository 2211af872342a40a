import { BASELINE_TIERS } from '../compiler/emit/policies/baseline/baseline-options.ts';

/** A tier of the cluster baseline. */
export type BaselineTier = (typeof BASELINE_TIERS)[number];

/**
 * The tier of the baseline that events with this tag are of; undefined when there is none.
 *
 * @example
 * tierOfTag('credential-files'); // => 'credentialFiles'
 */
export function tierOfTag(tag: string): BaselineTier | undefined {
  return BASELINE_TIERS.find(
    (tier) => tier.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) === tag,
  );
}
