import type { Workload } from '../model/workload.ts';
import { KIND_TABLE } from './kinds/kind-table.ts';
import { readKind } from './kinds/read-kind.ts';
import { KUBERNETES_READERS } from './kubernetes/readers.ts';
import { readJob, readModel, readService } from './lattice/readers.ts';
import type { Report } from './report.ts';

/** Reads the workloads of one object of a kind. `namespace` is for objects of Kubernetes that name none. */
export type Reader = (report: Report, value: unknown, namespace: string | undefined) => Workload[];

const READERS: Readonly<Record<string, Reader>> = {
  'lattice.dev/v1alpha1 LatticeService': readService,
  'lattice.dev/v1alpha1 LatticeJob': readJob,
  'lattice.dev/v1alpha1 LatticeModel': readModel,
  ...KUBERNETES_READERS,
  ...Object.fromEntries(
    KIND_TABLE.flatMap((row) =>
      row.versions.map((version): [string, Reader] => [
        `${row.group}/${version} ${row.kind}`,
        (report, value, namespace) => readKind(row, report, value, namespace),
      ]),
    ),
  ),
};

/** The reader of a kind; undefined when it is none that we know. */
export function readerOf(apiVersion: string, kind: string): Reader | undefined {
  const key = `${apiVersion} ${kind}`;
  return Object.hasOwn(READERS, key) ? READERS[key] : undefined;
}

/** The kinds that are compiled, as [apiVersion, kind]. No two of them have the same kind. */
export const KIND_NAMES: readonly (readonly [string, string])[] = Object.keys(READERS).map((key) => {
  const [apiVersion = '', kind = ''] = key.split(' ');
  return [apiVersion, kind];
});
