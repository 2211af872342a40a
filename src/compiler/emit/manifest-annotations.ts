import { enforcementAnnotations } from './enforcement.ts';
import type { Group, Requirement } from './generated-policy.ts';
import type { Kprobe } from './kprobe.ts';

/** The version of a policy set that permitted the overrides of a workload. */
export interface PermittedBy {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
}

/** The annotations of a manifest: the policy set that permitted it, and the options that determined its content. */
export function annotationsOf(
  { options, container }: Group,
  requirements: readonly Requirement[],
  permittedBy: PermittedBy | undefined,
  { kprobes, shared }: { readonly kprobes: readonly Kprobe[]; readonly shared: boolean },
): Record<string, string> {
  const { mode, layout, unset } = options;
  return {
    ...(permittedBy === undefined
      ? {}
      : {
          'lattice.dev/policy-set': permittedBy.name,
          'lattice.dev/policy-set-version': String(permittedBy.version),
          'lattice.dev/policy-set-digest': permittedBy.digest,
        }),
    ...enforcementAnnotations(mode, kprobes),
    ...(layout === 'per-policy' ? {} : { 'lattice.dev/layout': layout }),
    ...(container === undefined ? {} : { 'lattice.dev/scope': 'container' }),
    // The content of a shared policy does not depend on this option.
    ...(unset === 'declared' || shared ? {} : { 'lattice.dev/unset': unset }),
    ...Object.assign({}, ...requirements.map(({ annotations }) => annotations ?? {})),
  };
}
