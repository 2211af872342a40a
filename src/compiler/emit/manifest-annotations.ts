import { enforcementAnnotations } from './enforcement.ts';
import type { Group, Requirement } from './generated-policy.ts';
import type { Kprobe } from './tracing-policy.ts';

/** A version of a policy set. */
export interface PermittedBy {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
}

/** What a manifest says of where it comes from, and of the options that a reader of it should know. */
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
    // A shared policy is the same whatever led to it.
    ...(unset === 'declared' || shared ? {} : { 'lattice.dev/unset': unset }),
    ...Object.assign({}, ...requirements.map(({ annotations }) => annotations ?? {})),
  };
}
