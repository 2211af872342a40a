import type { Path } from '../../model/pointer.ts';
import { entries, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import { mountedTokens } from './mounted-tokens.ts';
import { CONTAINER_GROUPS } from './pod-spec.ts';

/**
 * Notes the fields of a pod that matter to security though no override speaks of them, and the pods that may run
 * where Tetragon does not see them.
 *
 * @param spec The pod's spec as it stands in the document.
 * @param at Its place, from the root of its object.
 */
export function notePodConcerns(report: Report, spec: unknown, at: Path): void {
  noteRuntime(report, spec, at);
  noteUserNamespace(report, spec, at);
  noteUnjudged(report, spec, at);
}

/** Runtime classes that run containers on the kernel of the node, where Tetragon sees them. */
const NODE_RUNTIMES = /^(runc|crun|youki|containerd|docker|nvidia)([-.].*)?$/;

function noteRuntime(report: Report, spec: unknown, at: Path): void {
  const runtime = member(spec, 'runtimeClassName');
  if (typeof runtime === 'string' && runtime !== '' && !NODE_RUNTIMES.test(runtime)) {
    report.note(
      'UnseenRuntime',
      [...at, 'runtimeClassName'],
      `The runtime class ${JSON.stringify(runtime.slice(0, 100))} is not one that is known to run containers on the kernel of the node. Inside a sandbox such as Kata or gVisor Tetragon sees nothing, and the policies do not hold.`,
    );
  }
  const node = member(spec, 'nodeName');
  const virtual = member(member(spec, 'nodeSelector'), 'type') === 'virtual-kubelet';
  if ((typeof node === 'string' && node !== '') || virtual) {
    report.note(
      'UnseenRuntime',
      virtual ? [...at, 'nodeSelector', 'type'] : [...at, 'nodeName'],
      'The pod is bound to a node past the scheduler. On a virtual node no Tetragon runs, and the policies do not hold.',
    );
  }
}

function noteUserNamespace(report: Report, spec: unknown, at: Path): void {
  if (member(spec, 'hostUsers') !== false) return;
  report.note(
    'OwnUserNamespace',
    [...at, 'hostUsers'],
    'The pod has a user namespace of its own: its uid 0 is another user of the node, so what is decided about root concerns the pod alone.',
  );
}

/** Each kind of field is noted once in a pod, at the first place where it stands. */
function noteUnjudged(report: Report, spec: unknown, at: Path): void {
  const unjudged = (path: Path | undefined, what: string): void => {
    if (path !== undefined)
      report.note('NotJudged', path, `No override speaks of ${what}: policies do not decide about it.`);
  };
  const containers = CONTAINER_GROUPS.flatMap((group) =>
    entries(member(spec, group)).map(([index, value]) => ({ path: [...at, group, index], value })),
  );
  const token = mountedTokens(spec, at).find(({ audience }) => audience !== undefined);
  unjudged(
    token?.path,
    `a token of the service account for ${JSON.stringify(token?.audience?.slice(0, 100))} that is mounted`,
  );
  unjudged(firstWindowsUser([{ path: at, value: spec }, ...containers]), 'the user of a Windows container');
}

/** A pod's spec or a container, and its place. */
interface Placed {
  readonly path: Path;
  readonly value: unknown;
}

/** The first place that sets a Windows user other than the least privileged one. */
function firstWindowsUser(holders: readonly Placed[]): Path | undefined {
  const found = holders.find(({ value }) => {
    const options = member(member(value, 'securityContext'), 'windowsOptions');
    const name = member(options, 'runAsUserName');
    return typeof name === 'string' && name !== '' && name !== 'ContainerUser';
  });
  return found && [...found.path, 'securityContext', 'windowsOptions', 'runAsUserName'];
}
