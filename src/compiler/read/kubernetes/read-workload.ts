import type { z } from 'zod';
import { parseValue } from '../../model/parse.ts';
import type { Path } from '../../model/pointer.ts';
import { type Workload, type WorkloadKind, workloadId } from '../../model/workload.ts';
import { asApiServerReads } from '../api-server.ts';
import { checkFieldPlaces } from '../field-places.ts';
import { templateAt } from '../kinds/assembled.ts';
import { STATUS } from '../kinds/rows/excuses.ts';
import { refuseUnread } from '../kinds/unread.ts';
import type { Report } from '../report.ts';
import { explainKey } from './explain-key.ts';
import { KUBERNETES_BELONGS, kubernetesPlaces } from './fields.ts';
import { identify, type ObjectMeta } from './metadata.ts';
import type { PodsOf } from './pods.ts';
import { readPods, templateOf } from './read-pods.ts';

/** What every kind of workload has. */
interface ObjectOfKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** How the objects of one kind are read. */
interface Kind<T extends z.ZodType<ObjectOfKind>> {
  /** Its name, for messages. */
  readonly name: string;
  readonly schema: T;
  readonly kind: WorkloadKind;
  /** Where the pod template stands in an object; empty when the object is a pod itself. */
  readonly template: Path;
  /** Where the labels stand that the object selects its pods by, if not in `spec.selector.matchLabels`. */
  readonly selectorLabels?: Path;
  readonly podsOf: (object: z.output<T>) => PodsOf;
}

/**
 * Reads one Kubernetes workload; `namespace` is for objects that name none. There is no workload when the report
 * has a fault of it.
 */
export type WorkloadReader = (report: Report, value: unknown, namespace: string | undefined) => Workload[];

/** Makes the reader of one kind. */
export function workloadReader<T extends z.ZodType<ObjectOfKind>>(of: Kind<T>): WorkloadReader {
  const { schema, template, selectorLabels } = of;
  const checkPlaces = (report: Report, value: unknown): void => {
    checkFieldPlaces(report, kubernetesPlaces(value, template), KUBERNETES_BELONGS);
    refuseUnread(report, value, {
      kind: of.name,
      pods: [templateAt(value, template)],
      excused: [STATUS],
      described: template.length === 0 ? 'spec' : template.join('.'),
    });
  };
  return (report, value, namespace) => {
    const before = report.faultCount;
    const parsed = parseValue(schema, asApiServerReads(value, template, selectorLabels), explainKey);
    if (!parsed.ok) {
      for (const issue of parsed.issues) report.fault(issue.path, issue.message);
      // Misplaced fields are reported in the same answer.
      checkPlaces(report, value);
      return [];
    }
    const object = parsed.data;
    const identity = identify(report, object.metadata, namespace);
    if (identity !== undefined) report.service = workloadId(identity);
    checkPlaces(report, value);
    const pods = { ...of.podsOf(object), at: template };
    const workloads = readPods(report, pods, {
      kind: of.kind,
      identity,
      suffix: '',
      metadata: object.metadata,
      podMetadata: [...template, 'metadata'],
      template: templateOf({ ...object, name: object.metadata.name }, value, [...template, 'metadata']),
    });
    return report.faultCount > before ? [] : workloads;
  };
}
