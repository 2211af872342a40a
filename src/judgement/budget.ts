import { isOverriding, type Manifest } from '../compiler/emit/tracing-policy.ts';
import type { Notice } from '../compiler/model/notices.ts';
import type { Services } from './services.ts';

/** Policies that one agent of a cluster can hold. */
const AGENT_POLICY_LIMIT = 128;

/** The kernel memory that a hook takes on every node, in MB, as measured: one that kills, and one that makes the call fail. */
const HOOK_MB = 0.26;
const OVERRIDING_HOOK_MB = 2.5;

/** More memory than this has a notice, in MB: about four times what 128 policies of two killing hooks take. */
const NOTABLE_MB = 256;

/** What policies take of each node of a cluster. */
export interface Budget {
  readonly policies: number;
  /** Kernel memory, in MB. */
  readonly memory: number;
}

/** What some policies take of each node, besides those before. */
export function addToBudget({ policies, memory }: Budget, manifests: readonly Manifest[]): Budget {
  const hooks = manifests.flatMap(({ spec }) => spec.kprobes);
  return {
    policies: policies + manifests.length,
    memory: hooks.reduce((sum, hook) => sum + (isOverriding(hook) ? OVERRIDING_HOOK_MB : HOOK_MB), memory),
  };
}

/** What no policies take. */
export const NO_BUDGET: Budget = { policies: 0, memory: 0 };

/** Warns of more policies than a cluster can hold, and of much memory on its nodes. */
export function budgetNotice({ workloads: [first] }: Services, { policies, memory }: Budget): Notice[] {
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
