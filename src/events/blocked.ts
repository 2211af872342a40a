import { DNS_LABEL } from '../compiler/model/names.ts';
import { type BlockedAction, readAction } from './blocked-action.ts';
import { readMessage } from './blocked-message.ts';
import { type OwnPolicy, ownPolicyOf } from './own-policy.ts';
import type { KprobeEvent } from './tetragon-event.ts';

/** What an event of one of the generated policies means. */
export interface Blocked {
  /** The generated policy, from the tags: also where one manifest holds all of them. */
  readonly policy: OwnPolicy;
  /** The name of the manifest. */
  readonly policyName: string;
  /**
   * Whether the process was stopped, or would have been. `unknown` for manifests of an earlier release, whose messages
   * were the same in both modes.
   */
  readonly mode: 'enforce' | 'monitor' | 'unknown';
  /**
   * The namespace of the service; undefined where neither the message nor the pod says it. The namespace of the message
   * is never another than that of the pod.
   */
  readonly namespace: string | undefined;
  /** The name of the service, from the message; undefined where a policy is shared, or the agent's limit cut the name. */
  readonly service: string | undefined;
  /** The container that the policy is confined to, or else that of the process. */
  readonly container: string | undefined;
  /** Whether the policy applies to this container alone (`scope=container`); undefined where the message does not say. */
  readonly confined: boolean | undefined;
  /** The version of a policy set that permitted the service; undefined where a policy is shared. */
  readonly policySet: { readonly name: string; readonly version: number } | undefined;
  readonly action: BlockedAction;
}

/** Why an event of a hook says nothing about the generated policies. */
export type NotBlocked =
  /** Its tags or the name of its policy are not those of a generated policy. */
  | 'not-ours'
  /** A generated policy of this name has no such hook, as far as this release knows. */
  | 'unknown-hook'
  /** Its message names another namespace or container than its pod. */
  | 'contradictory';

/** What an event means, or why it means nothing here. */
export type ReadBlocked =
  | { readonly ok: true; readonly blocked: Blocked }
  | { readonly ok: false; readonly reason: NotBlocked };

/**
 * Reads what an event of a hook means. The event may come from anywhere: only values of the form that we emit are taken
 * from its message, and paths are as the event has them.
 *
 * @example
 * const read = readBlocked({
 *   kind: 'kprobe', time: '', node: '', count: 1, parent: undefined, action: 'KPROBE_ACTION_SIGKILL',
 *   process: { execId: '', binary: '/bin/sh', arguments: '', cwd: '/', uid: 0, fromProc: false, inInitTree: true,
 *     inHostPidNamespace: false, unlinked: false, pod: undefined },
 *   functionName: 'security_bprm_check', policyName: 'allow-binaries-api', tags: ['lattice.dev/runtime-enforcement', 'allow-binaries'],
 *   message: 'Would block a binary outside the allowlist of service shop/api (default version 7)',
 *   args: [{ type: 'linux_binprm_arg', label: 'resolved', value: { path: '/usr/bin/curl' } }],
 * });
 * read.ok && read.blocked.service; // => 'api'
 * read.ok && read.blocked.mode; // => 'monitor'
 */
export function readBlocked(event: KprobeEvent): ReadBlocked {
  const policy = ownPolicyOf(event);
  if (policy === undefined) return { ok: false, reason: 'not-ours' };
  const action = readAction(policy, event);
  if (action === undefined) return { ok: false, reason: 'unknown-hook' };
  const message = readMessage(event.message);
  const { pod } = event.process;
  const running = pod?.container?.name;
  if (differ(message.namespace, pod?.namespace) || differ(message.container, running))
    return { ok: false, reason: 'contradictory' };
  return {
    ok: true,
    blocked: {
      policy,
      policyName: event.policyName,
      mode: message.mode,
      namespace: message.namespace ?? label(pod?.namespace),
      service: message.service,
      container: message.container ?? label(running),
      confined: message.confined,
      policySet: message.policySet,
      action,
    },
  };
}

function differ(said: string | undefined, seen: string | undefined): boolean {
  return said !== undefined && seen !== undefined && seen !== '' && said !== seen;
}

/** A name that a namespace or a container can have. The pod of an event that was made up may have any text. */
function label(text: string | undefined): string | undefined {
  return text !== undefined && DNS_LABEL.test(text) ? text : undefined;
}
