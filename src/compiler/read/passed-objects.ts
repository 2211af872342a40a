import { LIMITS } from '../model/limits.ts';
import type { Notice } from '../model/notices.ts';
import type { Report } from './report.ts';

/** Counts the objects of a body that are no workloads. */
export class PassedObjects {
  private readonly kinds = new Map<string, { count: number; readonly report: Report }>();

  /** Counts one object. `kind` is its apiVersion and its kind, and `report` that of the object. */
  add(report: Report, kind: string): void {
    const entry = this.kinds.get(kind);
    if (entry === undefined) this.kinds.set(kind, { count: 1, report });
    else entry.count += 1;
  }

  /** One notice for each kind, at its first object, so that the answer about a chart of fifty objects stays readable. */
  notices(): Notice[] {
    return bounded(
      [...this.kinds].map(([kind, { count, report }]): Notice => {
        const objects = count === 1 ? '1 object' : `${count} objects`;
        return {
          code: 'PassedThrough',
          service: '',
          message: `${objects} of ${kind.slice(0, 200)}: no workload, so there is nothing to authorize or enforce.`,
          document: report.source.document,
          path: report.source.path,
        };
      }),
    );
  }
}

/** The first notices, the last of which counts those left out: a body can hold objects of thousands of kinds. */
function bounded(notices: readonly Notice[]): Notice[] {
  const shown = notices.slice(0, LIMITS.notices);
  const next = notices[LIMITS.notices];
  if (next === undefined) return shown;
  const rest = notices.length - LIMITS.notices;
  return [...shown, { ...next, message: `${next.message} There are ${rest - 1} more like this.` }];
}
