import type { Additions } from '../../model/additions.ts';
import { DNS_LABEL, DNS_LABEL_MESSAGE } from '../../model/names.ts';
import {
  type Container,
  POD_FLAGS,
  type PodFlag,
  type Workload,
  type WorkloadKind,
  workloadId,
} from '../../model/workload.ts';
import { checkContainers } from '../container-reader.ts';
import type { Report } from '../report.ts';
import { withBackupHooks } from './backup-hooks.ts';
import { cacheAsks, downloader } from './downloader.ts';
import { readContainers } from './read-containers.ts';
import { sysctlAsks } from './sysctls.ts';
import type { Located, Unit } from './unit.ts';
import type { Flags, Metadata } from './unit-schemas.ts';

/** Reads one unit of a document of a kind. It gives no workload when it has no containers, which is a fault. */
export function readUnit(
  report: Report,
  kind: WorkloadKind,
  { name: base, namespace, labels }: Metadata,
  unit: Unit,
): Workload[] {
  const name = `${base}${unit.suffix}`;
  if (!DNS_LABEL.test(name))
    report.fault(unit.workload.at.slice(0, -1), `The workload is named ${name}. ${DNS_LABEL_MESSAGE}`);
  report.service = workloadId({ namespace, name });
  const containers = readAllContainers(report, unit);
  if (containers.length === 0) return [];
  checkContainers(report, containers, ['spec']);
  const holders = [{ at: unit.runtime.at, from: unit.runtime.from ?? {} }, unit.workload, ...unit.holders];
  const podLabels = { 'app.kubernetes.io/name': name };
  return [
    {
      kind,
      dialect: 'lattice',
      namespace,
      name,
      suffix: '',
      labels: labels ?? {},
      podSelector: { matchLabels: podLabels },
      podLabels,
      podAnnotations: {},
      podMetadata: undefined,
      template: undefined,
      containers: withBackupHooks(report, containers, unit.hooks ?? []),
      pod: readPodFlags(report, holders),
      asks: [
        ...sysctlAsks(report, holders),
        ...(unit.source === undefined ? [] : cacheAsks(report, unit.source)),
      ],
      unenforced: undefined,
      additions: unit.isTraining === true ? TRAINING : undefined,
      controller: undefined,
      source: report.source,
    },
  ];
}

/**
 * What Lattice's operator makes of the pods of a training: it starts each command by a shell, which first learns the rank
 * of the pod from a file that the init container `lattice-rank` has written. That runs nothing but the same shell.
 */
const TRAINING: Additions = { by: "Lattice's operator", binaries: ['/bin/sh'] };

/** The containers of a unit as Lattice's operator starts them. */
function readAllContainers(report: Report, unit: Unit): Container[] {
  const containers = readDeclaredContainers(report, unit);
  if (unit.isTraining !== true) return containers;
  // Where there is no command, the operator has the shell run the args alone, whatever the entrypoint of the image is.
  return containers.map((each) =>
    each.command === undefined && each.role !== 'initContainer' ? { ...each, knownImage: undefined } : each,
  );
}

function readDeclaredContainers(report: Report, { workload, runtime, sidecars, source }: Unit): Container[] {
  const main = [...workload.at, 'containers'];
  const { containers, initContainers } = workload.from;
  if (Object.keys(containers).length === 0) report.fault(main, 'A service needs at least one container.');
  return [
    ...readContainers(report, 'container', main, containers),
    ...readContainers(report, 'initContainer', [...workload.at, 'initContainers'], initContainers ?? []),
    ...readContainers(report, 'sidecar', [...runtime.at, 'sidecars'], runtime.from?.sidecars ?? []),
    ...readContainers(report, 'sidecar', sidecars?.at ?? [], sidecars?.from ?? []),
    ...(source === undefined ? [] : [downloader(report, source)]),
  ];
}

/** The pod-level switches of a unit. Each is read from the first holder that sets it; the others must agree. */
function readPodFlags(report: Report, holders: readonly Located<Flags>[]): PodFlag[] {
  return POD_FLAGS.flatMap((name) => {
    const [found, ...others] = holders.flatMap(({ at, from }) => {
      const value = from[name];
      return typeof value === 'boolean' ? [{ name, value, path: [...at, name] }] : [];
    });
    if (found === undefined) return [];
    for (const other of others) {
      if (other.value !== found.value) report.fault(other.path, `${name} is set twice, to different values.`);
    }
    return [{ ...found, path: report.absolute(found.path) }];
  });
}
