import { member } from '../mapping.ts';

/** The label of a node in which the kubelet writes the operating system. */
const OS_LABEL = 'kubernetes.io/os';

/** Whether a pod runs on Windows nodes alone. The kubelet of any other node refuses such a pod. `spec` is the pod's. */
export function isWindowsPod(spec: unknown): boolean {
  const os = member(member(spec, 'os'), 'name');
  if (typeof os === 'string' && os !== '') return os === 'windows';
  return member(member(spec, 'nodeSelector'), OS_LABEL) === 'windows';
}
