import type { Notice } from '../../model/notices.ts';
import type { Workload } from '../../model/workload.ts';
import type { ContainerBinaries } from '../container-binaries.ts';
import { type AllowlistOptions, allowlistNotice } from './allowlist-notice.ts';

/**
 * A notice about a container that has allowed binaries but no command: the entrypoint of its image runs, and the
 * allowlist kills it unless it is listed. The list is empty for any other container, and where the config of the image
 * told the entrypoint.
 */
export function imageEntrypointNotice(
  workload: Workload,
  { container, declared, byImage }: ContainerBinaries,
  { mode }: AllowlistOptions,
): Notice[] {
  const [first] = declared;
  if (container.command !== undefined || first === undefined) return [];
  if (byImage.some(({ action }) => action.isOfImage)) return [];
  const never =
    mode === 'monitor' ? 'in mode=enforce the container would never start' : 'the container never starts';
  return [
    allowlistNotice(
      workload,
      'ImageEntrypointNotDeclared',
      first.path,
      `No command is declared, so what the image says is run: its ENTRYPOINT, or its CMD where it has none. Unless that is in allowedBinaries, by its absolute path, ${never}; a script such as /docker-entrypoint.sh needs what it starts listed too.`,
      container,
    ),
  ];
}
