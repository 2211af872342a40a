import type { Notice } from '../model/notices.ts';
import type { Workload } from '../model/workload.ts';
import { additionNotices } from './allowlist-notices/addition-notices.ts';
import type { AllowlistOptions } from './allowlist-notices/allowlist-notice.ts';
import { imageEntrypointNotice } from './allowlist-notices/image-entrypoint-notice.ts';
import { imageNotices } from './allowlist-notices/image-notices.ts';
import { injectionNotices } from './allowlist-notices/injection-notices.ts';
import { launcherNotices } from './allowlist-notices/launcher-notices.ts';
import { mergedUsrNotice } from './allowlist-notices/merged-usr-notice.ts';
import { unionAllowlist } from './binaries.ts';
import type { ContainerBinaries } from './container-binaries.ts';
import { withMergedUsr } from './merged-usr.ts';

/**
 * Notices about programs that the allowlist of a pod would kill although its author probably does not intend it:
 * programs that shells and launchers start, an entrypoint that only the image knows, files with a second path, and
 * programs of containers that an injector adds after compilation. Also about what was taken from the config of an image.
 *
 * @param binaries What each container of the workload may run.
 */
export function allowlistNotices(
  workload: Workload,
  binaries: readonly ContainerBinaries[],
  options: AllowlistOptions,
): Notice[] {
  const groups = options.scope === 'pod' ? [binaries] : binaries.map((each) => [each]);
  // A pod in the PID namespace of the host gets no allowlist, because one would kill the container runtime.
  const hostPid = workload.pod.some(({ name, value }) => name === 'hostPID' && value);
  const listed = groups.flatMap((group) => {
    const allowlist = unionAllowlist(group);
    if (allowlist === undefined || hostPid) return [];
    return [{ group, allowlist: options.mergedUsr ? withMergedUsr(allowlist) : new Set(allowlist) }];
  });
  return [
    ...binaries.flatMap((each) => imageNotices(workload, each, options)),
    ...listed.flatMap(({ group, allowlist }) =>
      group.flatMap((each) => [
        ...launcherNotices(workload, each, allowlist, options),
        ...imageEntrypointNotice(workload, each, options),
      ]),
    ),
    ...mergedUsrNotice(workload, listed, options),
    ...injectionNotices(workload, listed.length > 0, options),
    ...additionNotices(workload, binaries, options),
  ];
}
