import { MERGED_POLICY } from '../compiler/emit/generated-policies.ts';
import type { KprobeEvent } from './tetragon-event.ts';

/** The policies whose events are understood: those that are generated for workloads, and the cluster baseline. */
export const OWN_POLICIES = [
  'allow-binaries',
  'block-rootfs-write',
  'block-setuid',
  'block-capset',
  'baseline',
] as const;

/** A policy whose events are understood. */
export type OwnPolicy = (typeof OWN_POLICIES)[number];

/** The first tag of the events of policies that are generated for workloads. The second one is the policy. */
const WORKLOAD_TAG = 'lattice.dev/runtime-enforcement';
/** The first tag of the events of the cluster baseline. The second one is the tier. */
const BASELINE_TAG = 'lattice.dev/baseline';
/** The name of the manifest of the cluster baseline. */
const BASELINE_NAME = 'lattice-baseline-runtime';

/** The most characters of the name of a Kubernetes object. */
const LONGEST_NAME = 253;

/**
 * The generated policy that an event is of; undefined when it is of none. Both its tags and the name of its manifest must
 * be those of the policy, because anyone may write a policy with our tags.
 *
 * @example
 * const tags = ['lattice.dev/runtime-enforcement', 'block-setuid'];
 * ownPolicyOf({ policyName: 'block-setuid-web--deployment', tags }); // => 'block-setuid'
 * ownPolicyOf({ policyName: 'runtime-enforcement-web', tags }); // => 'block-setuid'
 * ownPolicyOf({ policyName: 'watch-setuid', tags }); // => undefined
 */
export function ownPolicyOf({
  policyName,
  tags,
}: Pick<KprobeEvent, 'policyName' | 'tags'>): OwnPolicy | undefined {
  const [first, second] = tags;
  if (first === BASELINE_TAG) return policyName === BASELINE_NAME ? 'baseline' : undefined;
  if (first !== WORKLOAD_TAG || policyName.length > LONGEST_NAME) return undefined;
  const policy = OWN_POLICIES.find((each) => each === second);
  if (policy === undefined || policy === 'baseline') return undefined;
  const isNamedSo =
    policyName.startsWith(`${policy}-`) ||
    policyName.startsWith(`${MERGED_POLICY}-`) ||
    isShared(policyName, policy);
  return isNamedSo ? policy : undefined;
}

/** Whether a manifest of this name is shared by the pods of many workloads (`layout=shared`). */
export function isShared(policyName: string, policy: OwnPolicy): boolean {
  const shared = `lattice-${policy}`;
  return policyName === shared || policyName.startsWith(`${shared}--`);
}
