import type { Notice } from '../../model/notices.ts';
import type { Workload } from '../../model/workload.ts';
import type { ContainerBinaries } from '../container-binaries.ts';
import { type AllowlistOptions, allowlistNotice } from './allowlist-notice.ts';
import { listNames } from './list-names.ts';

/**
 * Notices about what the controller of a kind adds to the pods after compilation: containers, and binaries that it starts
 * in the containers of the object.
 *
 * @param binaries What each container of the workload may run.
 */
export function additionNotices(
  workload: Workload,
  binaries: readonly ContainerBinaries[],
  { scope, mode, pathMatching }: AllowlistOptions,
): Notice[] {
  const { additions, source } = workload;
  if (additions === undefined) return [];
  const { by, containers = [], binaries: started = [] } = additions;
  const what: Record<string, string> = {
    container: 'With scope=container no policy applies there: nothing is killed, and nothing enforced.',
    enforce:
      'A policy for the whole pod would apply to them too, so allow-binaries is left out, and so is what they may not keep to. scope=container keeps the policies of the other containers.',
    monitor:
      'The policies apply to the whole pod, so their events tell of these containers too. With mode=enforce, those for the whole pod that could kill them are left out; scope=container keeps them for the other containers.',
  };
  const listed = binaries.filter(({ allowlist, entrypoints }) =>
    allowlist === undefined ? false : entrypoints.some(({ binary }) => started.includes(binary)),
  );
  const resolved =
    pathMatching === 'either'
      ? ''
      : ' With pathMatching=resolved, where it is a symbolic link in the image, list the file that it leads to.';
  return [
    ...(containers.length === 0
      ? []
      : [
          allowlistNotice(
            workload,
            'ControllerAddsContainers',
            source.path,
            `${by} adds containers to the pods after compilation, such as ${listNames(containers)}. ${what[scope === 'container' ? scope : mode]}`,
          ),
        ]),
    ...listed.map(({ container }) =>
      allowlistNotice(
        workload,
        'ControllerBinariesListed',
        container.path,
        `${by} starts the command of this container by ${listNames(started)}, so the allowlist has that too.${resolved}`,
        container,
      ),
    ),
  ];
}
