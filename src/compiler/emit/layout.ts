import type { LabelSelector } from '../model/label-selector.ts';
import { MANAGED_BY } from '../model/managed-by.ts';
import { effectiveOptions } from '../model/options.ts';
import { type Workload, workloadId } from '../model/workload.ts';
import { policyOptions } from './enforcement.ts';
import { MERGED_POLICY } from './generated-policies.ts';
import type { GeneratedPolicy, Group, Requirement } from './generated-policy.ts';
import { annotationsOf, type PermittedBy } from './manifest-annotations.ts';
import { type PolicyIdentity, policyName } from './policy-names.ts';
import type { Target } from './selectors.ts';
import type { Manifest } from './tracing-policy.ts';

/** A policy that applies to a group of containers, with its content. */
export interface Needed {
  readonly policy: GeneratedPolicy;
  readonly requirement: Requirement;
}

/** A manifest, with the identity that its name is derived from. */
export interface NamedManifest {
  readonly identity: PolicyIdentity;
  readonly manifest: Manifest;
  /** Whether a call takes effect although the policy kills its process. */
  readonly lasting: boolean;
}

/** The manifests of a group of containers, and the labels that its pods must carry for them to apply. */
export interface LaidOut {
  readonly policies: readonly NamedManifest[];
  readonly podLabels: Readonly<Record<string, string>>;
}

/**
 * Puts the policies of a group into manifests. The option `layout` decides how: one manifest for each policy
 * (`per-policy`), one for all (`merged`), or cluster policies that many workloads share (`shared`).
 */
export function layOut(
  group: Group,
  needed: readonly Needed[],
  permittedBy: PermittedBy | undefined,
): LaidOut {
  const { layout } = group.options;
  if (layout === 'merged') {
    const policies = needed.length === 0 ? [] : [ownPolicy(group, MERGED_POLICY, needed, permittedBy)];
    return { policies, podLabels: {} };
  }
  const podLabels: Record<string, string> = {};
  const policies = needed.map((each) => {
    const label = layout === 'shared' ? each.policy.sharedLabel : undefined;
    if (label === undefined) return ownPolicy(group, each.policy.name, [each], permittedBy);
    const { policy, key, value } = sharedPolicy(group, each, label, permittedBy);
    podLabels[key] = value;
    return policy;
  });
  return { policies, podLabels };
}

/** A policy of one workload, or of one container of it. */
function ownPolicy(
  group: Group,
  policy: string,
  needed: readonly Needed[],
  permittedBy: PermittedBy | undefined,
): NamedManifest {
  const { workload, container, options, guard } = group;
  const { mode, action } = effectiveOptions(options);
  const target: Target = {
    subject: `service ${workloadId(workload)}${container === undefined ? '' : `, container ${container}`}`,
    permittedBy: permittedBy === undefined ? undefined : `${permittedBy.name} version ${permittedBy.version}`,
    mode,
    action,
    guard,
  };
  const kprobes = needed.flatMap(({ requirement }) => requirement.kprobes(target));
  const identity = { policy, workload, container };
  const requirements = needed.map(({ requirement }) => requirement);
  return {
    identity,
    lasting: action === 'kill' && needed.some((each) => each.policy.isLasting),
    manifest: {
      apiVersion: 'cilium.io/v1alpha1',
      kind: 'TracingPolicyNamespaced',
      metadata: {
        name: policyName(identity),
        namespace: workload.namespace,
        labels: { ...MANAGED_BY },
        annotations: annotationsOf(group, requirements, permittedBy, { kprobes, shared: false }),
      },
      spec: {
        podSelector: podSelectorOf(workload),
        ...containerSelectorOf(container),
        ...policyOptions(mode, kprobes),
        kprobes,
      },
    },
  };
}

/**
 * A cluster policy for all pods that have a label. Its name and the value of the label contain everything that determines
 * its content, so that one service never overwrites the policy of another with a different one.
 */
function sharedPolicy(
  group: Group,
  { policy: { name, isLasting }, requirement }: Needed,
  label: string,
  permittedBy: PermittedBy | undefined,
): { readonly policy: NamedManifest; readonly key: string; readonly value: string } {
  const { container, options, guard } = group;
  const { mode, action } = effectiveOptions(options);
  const lasting = isLasting && action === 'kill';
  const variant = [
    ...(mode === 'monitor' ? ['monitor'] : []),
    ...(guard ? [] : ['host-pid']),
    ...(lasting ? ['kill'] : []),
    ...(requirement.variant ?? []),
  ];
  const value = variant.length === 0 ? 'true' : variant.join('.');
  const key = `${container === undefined ? '' : `${container}.`}lattice.dev/${label}`;
  // Many services share the policy, permitted by different policy sets, so its message names neither.
  const subject = `a pod labelled ${key}`;
  const kprobes = requirement.kprobes({ subject, permittedBy: undefined, mode, action, guard });
  const identity = { policy: name, variant, container };
  const manifest: Manifest = {
    apiVersion: 'cilium.io/v1alpha1',
    kind: 'TracingPolicy',
    metadata: {
      name: policyName(identity),
      labels: { ...MANAGED_BY },
      annotations: annotationsOf(group, [requirement], permittedBy, { kprobes, shared: true }),
    },
    spec: {
      podSelector: { matchLabels: { [key]: value } },
      ...containerSelectorOf(container),
      ...policyOptions(mode, kprobes),
      kprobes,
    },
  };
  return { policy: { identity, lasting, manifest }, key, value };
}

function podSelectorOf({ podSelector, kind }: Workload): LabelSelector {
  // Without a selector the policy would apply to every pod of the namespace.
  if (podSelector === undefined) throw new RangeError(`Nothing selects the pods of this ${kind}.`);
  const { matchLabels, matchExpressions } = podSelector;
  return {
    ...(matchLabels === undefined ? {} : { matchLabels: { ...matchLabels } }),
    ...(matchExpressions === undefined ? {} : { matchExpressions: structuredClone(matchExpressions) }),
  };
}

function containerSelectorOf(container: string | undefined): Pick<Manifest['spec'], 'containerSelector'> {
  if (container === undefined) return {};
  return {
    containerSelector: { matchExpressions: [{ key: 'name', operator: 'In', values: [container] }] },
  };
}
