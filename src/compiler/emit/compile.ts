import { allowlistNotices } from '../derive/allowlist-notices.ts';
import { binariesIn, containerBinaries } from '../derive/binaries.ts';
import { addedContainer } from '../derive/controller-additions.ts';
import { assignedLabels } from '../derive/pod-selectors.ts';
import type { Notice } from '../model/notices.ts';
import type { CompileOptions } from '../model/options.ts';
import { compareText } from '../model/ordered.ts';
import type { Workload } from '../model/workload.ts';
import { GENERATED_POLICIES } from './generated-policies.ts';
import type { Group } from './generated-policy.ts';
import { layOut } from './layout.ts';
import type { PermittedBy } from './manifest-annotations.ts';
import { compareNotices, noteTo } from './note.ts';
import type { Manifest } from './tracing-policy.ts';
import { noteLasting, noteRenamed, noteUnlabelled, runtimeGuard } from './workload-notices.ts';

/** The result of compiling a workload. */
export interface Compiled {
  /** In a fixed order, so that the same workload and options give the same bytes. */
  readonly manifests: readonly Manifest[];
  readonly notices: readonly Notice[];
  /**
   * Labels that the pod template must have for the policies to apply: with `layout: shared`, and where the pods have no
   * labels of their own.
   */
  readonly podLabels: Readonly<Record<string, string>>;
}

/**
 * Compiles a workload whose overrides have been permitted into Tetragon policies. It is pure: it does no I/O and uses
 * no clock or randomness. `docs/manifests.md` describes each policy and the reasons for it.
 *
 * @param given A workload of which every override that `securityOverrides` lists has been permitted.
 * @param options Options of `CompileOptionsSchema`. `DEFAULT_OPTIONS` is what `/compile` uses when a request sets none.
 * @param permittedBy The version of the policy set that permitted the overrides. Manifests and messages name it.
 * @returns Manifests in the order of `GENERATED_POLICIES`, container by container with `scope=container`; notices by
 *   code, container and message.
 *
 * @example
 * const value = {
 *   apiVersion: 'v1',
 *   kind: 'Pod',
 *   metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
 *   spec: { containers: [{ name: 'web', command: ['/bin/web'], securityContext: { capabilities: { drop: ['ALL'] } } }] },
 * };
 * const read = readWorkloadObjects([{ value, source: { document: 0, path: [] } }]);
 * const { manifests } = compile(read.ok ? read.workloads[0] : undefined, DEFAULT_OPTIONS);
 * manifests.map(({ metadata }) => metadata.name); // => ['allow-binaries-web--pod', 'block-capset-web--pod']
 */
export function compile(given: Workload, options: CompileOptions, permittedBy?: PermittedBy): Compiled {
  if (given.unenforced !== undefined) return { manifests: [], notices: [], podLabels: {} };
  const labels = assignedLabels(given);
  const workload = labels === undefined ? given : { ...given, podSelector: { matchLabels: labels } };
  const { binaries: known, notices } = containerBinaries(workload);
  const own = binariesIn(options.mode, known);
  const added =
    options.scope === 'pod' && options.mode === 'enforce'
      ? addedContainer(workload, options.unset)
      : undefined;
  const binaries = added === undefined ? own : [...own, added];
  const all: Notice[] = [...notices, ...allowlistNotices(workload, binaries, options)];
  const note = noteTo(all, workload);
  if (labels !== undefined) noteUnlabelled(workload, labels, note);
  const guard = runtimeGuard(workload, note);
  const laidOut = groupsOf({ workload, container: undefined, binaries, options, guard }).map((group) => {
    const needed = GENERATED_POLICIES.flatMap((policy) => {
      const requirement = policy.requirement(group, note);
      return requirement === undefined ? [] : [{ policy, requirement }];
    });
    return layOut(group, needed, permittedBy);
  });
  const policies = laidOut.flatMap((each) => each.policies);
  noteRenamed(policies, note, workload.source.path);
  noteLasting(policies, options, note, workload.source.path);
  return {
    manifests: policies.map(({ manifest }) => manifest),
    notices: all.sort(compareNotices),
    podLabels: Object.assign({}, labels, ...laidOut.map(({ podLabels }) => podLabels)),
  };
}

/** The groups of containers that get policies of their own: the whole pod, or with `scope: container` each container. */
function groupsOf(pod: Group): Group[] {
  if (pod.options.scope === 'pod') return [pod];
  return pod.binaries
    .map((each) => ({ ...pod, container: each.container.name, binaries: [each] }))
    .sort((a, b) => compareText(a.container, b.container));
}
