import type { z } from 'zod';
import type { Workload } from '../../model/workload.ts';
import type { Report } from '../report.ts';
import { backupHooks } from './backup-hooks.ts';
import { LatticeJobSchema, LatticeModelSchema, LatticeServiceSchema } from './document-schemas.ts';
import { readDocument } from './read-document.ts';
import { type Unit, wholeUnit } from './unit.ts';

/** Reads a LatticeService as one workload. There is none when the report has a fault of it. */
export function readService(report: Report, value: unknown): Workload[] {
  return readDocument(report, value, LatticeServiceSchema, 'service', ({ spec }) => [
    { ...wholeUnit(spec, spec.workload), hooks: backupHooks(spec.backup?.hooks) },
  ]);
}

/** Reads a LatticeJob as one workload for each task. There are none when the report has a fault of it. */
export function readJob(report: Report, value: unknown): Workload[] {
  return readDocument(report, value, LatticeJobSchema, 'job', ({ spec }) => {
    const units = [...(spec.workload == null ? [] : [wholeUnit(spec, spec.workload)]), ...taskUnits(spec)];
    return units.map((unit) => ({ ...unit, isTraining: spec.training != null }));
  });
}

/**
 * Reads a LatticeModel as one workload for the entry and one for the workers of each role. There are none when
 * the report has a fault of it.
 */
export function readModel(report: Report, value: unknown): Workload[] {
  return readDocument(report, value, LatticeModelSchema, 'model', ({ spec }) => {
    const source =
      spec.modelSource == null ? undefined : { at: ['spec', 'modelSource'], from: spec.modelSource };
    const units = [...(spec.workload == null ? [] : [wholeUnit(spec, spec.workload)]), ...roleUnits(spec)];
    return units.map((unit) => ({ ...unit, source }));
  });
}

function taskUnits(spec: z.output<typeof LatticeJobSchema>['spec']): Unit[] {
  return Object.entries(spec.tasks ?? {}).map(([name, task]) => {
    const at = ['spec', 'tasks', name];
    return {
      suffix: `-${name}`,
      workload: { at: [...at, 'workload'], from: task.workload },
      runtime: { at: [...at, 'runtime'], from: task.runtime },
      sidecars: { at: [...at, 'sidecars'], from: task.sidecars },
      holders: [
        { at, from: task },
        { at: ['spec'], from: spec },
      ],
    };
  });
}

function roleUnits(spec: z.output<typeof LatticeModelSchema>['spec']): Unit[] {
  return Object.entries(spec.roles ?? {}).flatMap(([name, role]) => {
    const at = ['spec', 'roles', name];
    const holders = [
      { at, from: role },
      { at: ['spec'], from: spec },
    ];
    const entry: Unit = {
      suffix: `-${name}`,
      workload: { at: [...at, 'entryWorkload'], from: role.entryWorkload },
      runtime: { at: [...at, 'entryRuntime'], from: role.entryRuntime },
      holders,
    };
    if (role.workerWorkload == null) return [entry];
    const workers: Unit = {
      suffix: `-${name}-worker`,
      workload: { at: [...at, 'workerWorkload'], from: role.workerWorkload },
      // Workers have the runtime of the entry unless they have one of their own.
      runtime:
        role.workerRuntime == null
          ? entry.runtime
          : { at: [...at, 'workerRuntime'], from: role.workerRuntime },
      holders,
    };
    return [entry, workers];
  });
}
