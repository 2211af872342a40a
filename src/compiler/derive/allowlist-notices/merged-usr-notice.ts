import type { Notice } from '../../model/notices.ts';
import { compareText } from '../../model/ordered.ts';
import type { Workload } from '../../model/workload.ts';
import type { BinaryRequest, ContainerBinaries } from '../container-binaries.ts';
import { isLookedUpOutsideUsr, isOutsideUsr, mergedUsrCounterpart } from '../merged-usr.ts';
import { type AllowlistOptions, allowlistNotice } from './allowlist-notice.ts';
import { listNames } from './list-names.ts';

/** Containers that share an allowlist: one container, or all containers of a pod. */
export interface AllowlistedGroup {
  readonly group: readonly ContainerBinaries[];
  readonly allowlist: ReadonlySet<string>;
}

/**
 * A notice about listed files that images with a merged `/usr` know by a second path, which is not listed. The list
 * has at most one notice, which names all such paths.
 */
export function mergedUsrNotice(
  workload: Workload,
  groups: readonly AllowlistedGroup[],
  { pathMatching, mode }: AllowlistOptions,
): Notice[] {
  const missing = missingCounterparts(groups, pathMatching);
  const [first] = missing.values();
  if (first === undefined) return [];
  const counterparts = listNames([...missing.keys()].sort(compareText));
  const killed = mode === 'monitor' ? 'would be killed in mode=enforce' : 'is killed';
  const why =
    pathMatching === 'resolved'
      ? `${first.binary} resolves to another path there`
      : `a program that is found through PATH has the path under /usr there, and not that which is listed`;
  return [
    allowlistNotice(
      workload,
      'MergedUsrPathsNotListed',
      first.path,
      `Not listed: ${counterparts}. Where /bin and /sbin are links into /usr, as in images of Debian, Ubuntu and Fedora, ${why}, so it ${killed}. List both, or compile with mergedUsr=true; in other images this has no effect.`,
    ),
  ];
}

/** The second paths that no allowlist has, each with the first request whose program would be killed under it. */
function missingCounterparts(
  groups: readonly AllowlistedGroup[],
  pathMatching: AllowlistOptions['pathMatching'],
): Map<string, BinaryRequest> {
  const missing = new Map<string, BinaryRequest>();
  for (const { group, allowlist } of groups) {
    for (const request of group.flatMap((binaries) => requestsAtRisk(binaries, pathMatching))) {
      const counterpart = mergedUsrCounterpart(request.binary);
      if (counterpart !== undefined && !allowlist.has(counterpart) && !missing.has(counterpart))
        missing.set(counterpart, request);
    }
  }
  return missing;
}

/** The requests whose program the kernel may see under another path than the one that is listed. */
function requestsAtRisk(
  { declared, entrypoints }: ContainerBinaries,
  pathMatching: AllowlistOptions['pathMatching'],
): BinaryRequest[] {
  if (pathMatching === 'resolved') {
    return [...declared, ...entrypoints].filter(({ binary }) => isOutsideUsr(binary));
  }
  // An entrypoint is executed by the very path that is listed, so only its resolved path can differ.
  return declared.filter(
    ({ binary }) => isLookedUpOutsideUsr(binary) && !entrypoints.some((each) => each.binary === binary),
  );
}
