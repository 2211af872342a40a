import type { LabelSelector } from '../../model/label-selector.ts';
import { MANAGED_BY } from '../../model/managed-by.ts';
import { enforcementAnnotations, policyOptions } from '../enforcement.ts';
import type { Kprobe } from '../kprobe.ts';
import { kill, refuse, stop } from '../selectors.ts';
import type { TracingPolicy } from '../tracing-policy.ts';
import { BASELINE_HOOKS, type BaselineHook } from './baseline/baseline-hooks.ts';
import { BASELINE_TIERS, type BaselineOptions } from './baseline/baseline-options.ts';

/** All hooks of the baseline have the runtime guard, because its pods are selected by namespace. */
const GUARDED = { guard: true } as const;
const NAMESPACE_LABEL = 'k8s:io.kubernetes.pod.namespace';

/**
 * The cluster baseline (specification, Tier 1): a policy that stops what no workload may do, in every namespace except the
 * excluded ones. It selects pods by namespace, so it does not apply to processes of the host.
 *
 * @example
 * const policy = baseline(BaselineOptionsSchema.parse({ mode: 'monitor', tiers: ['ptrace'] }));
 * policy.spec.options; // => [{ name: 'policy-mode', value: 'monitor' }, { name: 'disable-kprobe-multi', value: '1' }]
 */
export function baseline(options: BaselineOptions): TracingPolicy {
  const excluded = [...new Set(options.excludedNamespaces)];
  const podSelector: LabelSelector = {
    matchExpressions: [
      excluded.length > 0
        ? { key: NAMESPACE_LABEL, operator: 'NotIn', values: excluded }
        : { key: NAMESPACE_LABEL, operator: 'Exists' },
    ],
  };
  const kprobes = BASELINE_TIERS.filter((tier) => options.tiers.includes(tier))
    .flatMap((tier) => BASELINE_HOOKS[tier](options))
    .map((hook) => toKprobe(hook, options));
  return {
    apiVersion: 'cilium.io/v1alpha1',
    kind: 'TracingPolicy',
    metadata: {
      name: 'lattice-baseline-runtime',
      labels: { ...MANAGED_BY },
      annotations: enforcementAnnotations(options.mode, kprobes),
    },
    spec: { podSelector, ...policyOptions(options.mode, kprobes), kprobes },
  };
}

function toKprobe(
  { call, tag, what, syscall = false, lasting, spared, optional, args, selectors = [{}] }: BaselineHook,
  { mode, action }: BaselineOptions,
): Kprobe {
  return {
    call,
    syscall,
    message: `${mode === 'enforce' ? 'Blocked' : 'Would block'} ${what} (cluster baseline)`,
    tags: ['lattice.dev/baseline', tag],
    ...(optional === true ? { ignore: { callNotFound: true } } : {}),
    ...(args === undefined ? {} : { args }),
    selectors: selectors.map((conditions) => {
      if (spared === true) return refuse(GUARDED, conditions);
      return lasting === true ? stop({ ...GUARDED, action }, conditions) : kill(GUARDED, conditions);
    }),
  };
}
