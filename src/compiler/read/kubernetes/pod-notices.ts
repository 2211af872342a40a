import type { Path } from '../../model/pointer.ts';
import { member } from '../mapping.ts';
import type { Report } from '../report.ts';

/**
 * Notes the pods that may run where Tetragon does not see them, and those whose root is not root of the node.
 *
 * @param spec The pod's spec as it stands in the document.
 * @param at Its place, from the root of its object.
 */
export function notePodConcerns(report: Report, spec: unknown, at: Path): void {
  noteRuntime(report, spec, at);
  noteUserNamespace(report, spec, at);
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
