import { shownWord } from '../model/container-start.ts';
import type { SecurityOverride } from '../model/override.ts';
import type { Workload } from '../model/workload.ts';
import { allowedBinariesPlace } from './allowed-binaries-place.ts';
import { containerBinaries } from './binaries.ts';

/**
 * Advises the author of a workload how to do without an override. There is advice for `allowedBinary:*` only: it is
 * the widest override, and most workloads ask for it only because they do not state which binaries they run.
 *
 * @returns Whole sentences for a message, or undefined for any other override.
 */
export function overrideAdvice(
  workload: Workload,
  { id, implicit, container: name }: Pick<SecurityOverride, 'id' | 'implicit' | 'container'>,
): string | undefined {
  if (id !== 'allowedBinary:*') return undefined;
  const asking = workload.containers.find((container) => container.name === name);
  if (asking === undefined) return undefined;
  const place = allowedBinariesPlace(workload);
  if (!implicit) return `Instead of *, list the binaries by their absolute paths in ${place}.`;
  const { binaries } = containerBinaries(workload);
  const known = binaries.find(({ container, monitored }) => container === asking && monitored !== undefined);
  const [uncertain] = known?.uncertain ?? [];
  if (uncertain !== undefined) {
    return `The container ${uncertain.neighbour ?? asking.name} runs ${shownWord(uncertain.binary)}, and nobody has listed all that it runs. Run it with mode=monitor, whose events name the programs, and list them by their absolute paths in ${place}.`;
  }
  if (asking.isAdded === true) {
    return `The operator adds the container ${asking.name} to the pods, and its image alone knows what it runs. Send the config of that image with the workload.`;
  }
  if (asking.command === undefined && (asking.security.allowedBinaries ?? []).length === 0) {
    return `The container has no command and no allowed binaries, so nobody knows what it runs. Set its command, with an absolute path first, or list its binaries by their absolute paths in ${place}.`;
  }
  return `An entrypoint, exec probe or hook of the container has no absolute path, so nobody knows which file it runs. Write its absolute path, or list it in ${place}.`;
}
