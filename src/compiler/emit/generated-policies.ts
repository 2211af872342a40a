import type { GeneratedPolicy } from './generated-policy.ts';
import { allowBinaries } from './policies/allow-binaries.ts';
import { blockCapset } from './policies/block-capset.ts';
import { blockRootfsWrite } from './policies/block-rootfs-write.ts';
import { blockSetuid } from './policies/block-setuid.ts';

/** The policies that are generated for workloads, in the order in which they are emitted. */
export const GENERATED_POLICIES: readonly GeneratedPolicy[] = [
  allowBinaries,
  blockRootfsWrite,
  blockSetuid,
  blockCapset,
];

/** The policy part of the name of a manifest that contains all policies of one workload (`layout: merged`). */
export const MERGED_POLICY = 'runtime-enforcement';

/** The words that the names of all generated policies begin with. Policies of the whole cluster begin with `lattice-`. */
export const OWN_POLICY_NAMES: readonly string[] = [
  ...GENERATED_POLICIES.map(({ name }) => name),
  MERGED_POLICY,
  'lattice',
];
