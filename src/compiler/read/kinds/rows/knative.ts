import type { KindRow, PodsRow } from '../kind-row.ts';
import { KNATIVE_ADDS } from './additions.ts';
import { STATUS } from './excuses.ts';

const GROUP = { group: 'serving.knative.dev', versions: ['v1'] };

/** What a revision is besides a pod template, whose pods carry a label with the name of the object. */
function revision(at: string, label: string): PodsRow {
  return {
    at,
    shape: 'template',
    selector: 'labels',
    labels: { [`serving.knative.dev/${label}`]: '{object.name}' },
    fields: ['containerConcurrency', 'timeoutSeconds', 'responseStartTimeoutSeconds', 'idleTimeoutSeconds'],
    adds: KNATIVE_ADDS,
    containerNames: { containers: 'user-container', initContainers: 'init-container' },
  };
}

/** Knative Serving. A Service has a Configuration, which has Revisions, each of which is a Deployment. */
export const KNATIVE: readonly KindRow[] = [
  { ...GROUP, kind: 'Service', pods: [revision('spec.template', 'service')], excused: [STATUS] },
  { ...GROUP, kind: 'Configuration', pods: [revision('spec.template', 'configuration')], excused: [STATUS] },
  // The metadata and the spec of a Revision are those of its pods.
  { ...GROUP, kind: 'Revision', pods: [revision('', 'revision')], excused: [STATUS] },
];
