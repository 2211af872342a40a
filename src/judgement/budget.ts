import { isOverriding } from '../compiler/emit/kprobe.ts';
import type { Manifest } from '../compiler/emit/tracing-policy.ts';
import type { Notice } from '../compiler/model/notices.ts';
import type { WorkloadBody } from './workload-body.ts';

/** How many policies one Tetragon agent can hold. */
const AGENT_POLICY_LIMIT = 128;

/** The kernel memory that a killing hook takes on every node, in MB, as measured. */
const HOOK_MB = 0.26;

/** The kernel memory that a hook takes that makes the system call fail, in MB, as measured. */
const OVERRIDING_HOOK_MB = 2.5;

/** The memory above which there is a notice, in MB: about four times that of 128 policies with two killing hooks. */
const NOTABLE_MB = 256;

/** The resources that policies take on each node of a cluster. */
export interface Budget {
  readonly policies: number;
  /** Kernel memory, in MB. */
  readonly memory: number;
}

/** Adds the resources of some more policies to a budget. */
export function addToBudget({ policies, memory }: Budget, manifests: readonly Manifest[]): Budget {
  const hooks = manifests.flatMap(({ spec }) => spec.kprobes);
  return {
    policies: policies + manifests.length,
    memory: hooks.reduce((sum, hook) => sum + (isOverriding(hook) ? OVERRIDING_HOOK_MB : HOOK_MB), memory),
  };
}

/** The budget of no policies. */
export const NO_BUDGET: Budget = { policies: 0, memory: 0 };

/** The notice `PolicyBudget`, when there are more policies than an agent can hold or they take much memory. */
export function budgetNotice({ workloads: [first] }: WorkloadBody, { policies, memory }: Budget): Notice[] {
  const messages = [
    ...(policies > AGENT_POLICY_LIMIT
      ? [
          `These are ${policies} policies; the agents of a cluster hold ${AGENT_POLICY_LIMIT}. layout=merged needs one per service, layout=shared fewer still.`,
        ]
      : []),
    ...(memory > NOTABLE_MB
      ? [
          `These policies take about ${Math.round(memory)} MB of kernel memory on every node. layout=shared needs a few policies for all services; action=kill takes a tenth for each hook.`,
        ]
      : []),
  ];
  if (first === undefined || messages.length === 0) return [];
  return [
    {
      code: 'PolicyBudget',
      service: '',
      message: messages.join(' '),
      document: 0,
      path: [],
    },
  ];
}
