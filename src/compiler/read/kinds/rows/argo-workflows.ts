import type { Additions } from '../../../model/additions.ts';
import type { Path } from '../../../model/pointer.ts';
import { entries, member } from '../../mapping.ts';
import { itemsOf, type Piece, pieceAt, within } from '../assembly/pieces.ts';
import { type Workflow, workflowPods } from '../assembly/workflow-pods.ts';
import type { Assembled, KindRow, PodsRow } from '../kind-row.ts';

/**
 * The executor of Argo Workflows starts the command of each container that is none of its init containers. Its binary is
 * in a volume: at the first path, of which `/var/run` is a link to `/run` in many images, or at the last one where pods
 * have no init containers.
 */
const ADDS: Additions = {
  by: 'Argo Workflows',
  containers: ['wait', 'init'],
  binaries: ['/var/run/argo/argoexec', '/run/argo/argoexec', '/argo-bin/bin/argoexec'],
};

const BY_REFERENCE =
  'Its pods are those of the Workflows that refer to it, which have other names and labels';
const STORED = 'The controller keeps this copy of templates that are described in other objects';

function pods(at: string, workflowOf: (object: unknown, spec: Piece) => Workflow): PodsRow {
  return {
    at,
    shape: {
      assemble: (object: unknown, path: Path): readonly Assembled[] =>
        workflowPods(workflowOf(object, pieceAt(object, path))),
    },
    selector: 'template',
    adds: ADDS,
  };
}

function templatesOf(spec: Piece): Piece[] {
  return itemsOf(within(spec, 'templates'));
}

function nameIn(object: unknown): unknown {
  return member(member(object, 'metadata'), 'name');
}

/** What is kept of a workflow in its status, which the API server does not guard: the controller runs it. */
const STATUS: readonly PodsRow[] = [
  pods('status.storedWorkflowTemplateSpec', (_, spec) => ({
    spec,
    templates: templatesOf(spec),
    name: undefined,
    unenforced: STORED,
  })),
  pods('status.storedTemplates', (object, stored) => ({
    spec: pieceAt(object, ['spec']),
    templates: entries(stored.value).map(([key]) => within(stored, key)),
    name: undefined,
    unenforced: STORED,
  })),
];

function row(kind: string, rows: readonly PodsRow[]): KindRow {
  return { group: 'argoproj.io', versions: ['v1alpha1'], kind, pods: rows, excused: [] };
}

function byReference(kind: string): KindRow {
  return row(kind, [
    pods('spec', (_, spec) => ({
      spec,
      templates: templatesOf(spec),
      name: undefined,
      unenforced: BY_REFERENCE,
    })),
  ]);
}

/** Argo Workflows. */
export const ARGO_WORKFLOWS: readonly KindRow[] = [
  row('Workflow', [
    pods('spec', (object, spec) => ({
      spec,
      templates: templatesOf(spec),
      name: nameIn(object),
      unenforced: undefined,
    })),
    ...STATUS,
  ]),
  row('CronWorkflow', [
    pods('spec.workflowSpec', (_, spec) => ({
      spec,
      templates: templatesOf(spec),
      name: undefined,
      unenforced: undefined,
    })),
  ]),
  byReference('WorkflowTemplate'),
  { ...byReference('ClusterWorkflowTemplate'), scope: 'cluster' },
];
