import type { Workload } from '../model/workload.ts';

/**
 * Where the author of a workload lists the binaries that it may run, in words for a message.
 *
 * @example
 * allowedBinariesPlace({ dialect: 'lattice' }); // => 'securityContext.allowedBinaries'
 */
export function allowedBinariesPlace({ dialect }: Pick<Workload, 'dialect'>): string {
  return dialect === 'lattice'
    ? 'securityContext.allowedBinaries'
    : 'the annotation runtime.lattice.dev/allowed-binaries of the pod template';
}
