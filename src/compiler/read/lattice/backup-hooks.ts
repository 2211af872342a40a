import type { Container } from '../../model/workload.ts';
import { checkEntrypoint } from '../container-reader.ts';
import type { Report } from '../report.ts';
import type { BackupHook, BackupHooks } from './document-schemas.ts';
import type { Located } from './unit.ts';

/** The backup hooks of a service, each with its place. */
export function backupHooks(hooks: BackupHooks): readonly Located<BackupHook>[] {
  return (['pre', 'post'] as const).flatMap((when) =>
    (hooks?.[when] ?? []).map((from, index) => ({ at: ['spec', 'backup', 'hooks', when, index], from })),
  );
}

/** The containers, each with the backup hooks that run in it. A hook that names none runs in the first one. */
export function withBackupHooks(
  report: Report,
  containers: readonly Container[],
  hooks: readonly Located<BackupHook>[],
): Container[] {
  const placed = hooks.map(({ at, from: { container, command: words } }) => {
    const [binary = ''] = words;
    const place = [...at, 'command', 0];
    checkEntrypoint(report, place, binary);
    const name = container ?? containers[0]?.name;
    if (!containers.some((each) => each.name === name))
      report.fault([...at, 'container'], `The service has no container ${String(container)}.`);
    return { name, action: { binary, words, path: report.absolute(place) } };
  });
  return containers.map((each) => {
    const own = placed.filter(({ name }) => name === each.name).map(({ action }) => action);
    return own.length === 0 ? each : { ...each, backupHooks: own };
  });
}
