import type { Path } from '../../../model/pointer.ts';
import { isMapping, member } from '../../mapping.ts';
import type { Assembled, Unenforced } from '../kind-row.ts';
import {
  constantPiece,
  isSaid,
  itemsOf,
  listOf,
  mappingOf,
  membersOf,
  mergedPiece,
  overlaid,
  type Piece,
  pathsOf,
  within,
  without,
} from './pieces.ts';
import { podOf, problemPod } from './pod-parts.ts';
import { sharedProblem } from './shared-pieces.ts';

/** The binary of Tekton that starts the command of a step. */
const ENTRYPOINT = '/tekton/bin/entrypoint';
/** Fields of steps and sidecars that Tekton adds to those of containers, and that hold nothing of a pod. */
const OWN_FIELDS = [
  'computeResources',
  'displayName',
  'onError',
  'params',
  'ref',
  'results',
  'script',
  'stderrConfig',
  'stdoutConfig',
  'timeout',
  'when',
  'workspaces',
];
/** The fields of a pod template of Tekton that are those of the spec of a pod. Steps get its `env`. */
const TEMPLATE_FIELDS = [
  'securityContext',
  'automountServiceAccountToken',
  'hostNetwork',
  'hostUsers',
  'nodeSelector',
  'runtimeClassName',
];
/** The sources of a workspace that become a volume as they are. */
const WORKSPACE_VOLUMES = ['projected', 'csi'];

/** A task whose pods are put together. */
export interface TaskPods {
  /** The spec of the task; undefined when it is described in another object. */
  readonly task: Piece | undefined;
  readonly at: Path;
  readonly suffix?: string | undefined;
  /** A pod template of Tekton, which is no pod template of Kubernetes. */
  readonly podTemplate: Piece | undefined;
  /** What the pod template was merged of. */
  readonly templates?: readonly (Piece | undefined)[];
  /** The list of what the workspaces are bound to. */
  readonly workspaces: Piece | undefined;
  readonly labels: readonly Piece[];
  readonly controllerLabels: Readonly<Record<string, string>>;
  readonly annotations: readonly Piece[];
  /** References to what nobody has sent: none of what they lead to can be judged. */
  readonly remote: readonly Piece[];
  /** Where labels and annotations of the pods can be written; undefined when there is no such place. */
  readonly metadata: Path | undefined;
  readonly unenforced: string | undefined;
}

/** The pods of a task. */
export function taskPod(pods: TaskPods): Assembled {
  const { task, at, podTemplate, workspaces, remote } = pods;
  const template = task === undefined ? undefined : within(task, 'stepTemplate');
  const steps = task === undefined ? [] : itemsOf(within(task, 'steps'));
  const problem = task && template && sharedProblem([template], steps.length, task);
  if (task !== undefined && problem !== undefined) return problemPod(task, problem);
  const containers = [
    ...steps.map((step, index) => withEnvironment(stepContainer(step, index, template), podTemplate)),
    ...(task === undefined ? [] : itemsOf(within(task, 'sidecars'))).map(sidecarContainer),
  ];
  return podOf(
    {
      at,
      labels: pods.labels,
      controllerLabels: pods.controllerLabels,
      annotations: pods.annotations,
      fields: Object.fromEntries(
        TEMPLATE_FIELDS.map((key) => [key, podTemplate && within(podTemplate, key)]),
      ),
      volumes: [
        task && within(task, 'volumes'),
        podTemplate && within(podTemplate, 'volumes'),
        workspaces && boundVolumes(workspaces),
      ],
      containers: containers.length > 0 ? containers : [ownContainer(at)],
    },
    {
      suffix: pods.suffix,
      metadata: pods.metadata,
      read: readOf([podTemplate, ...(pods.templates ?? [])]),
      known:
        task === undefined
          ? []
          : [
              ...['steps', 'sidecars'].flatMap((key) => pathsOf(within(task, key))),
              within(task, 'stepTemplate').path,
            ],
      unjudged: [...remote, ...steps.flatMap((step) => remoteReference(within(step, 'ref')))].map(
        ({ path }) => path,
      ),
      unenforced: whyUnenforced(pods, steps),
    },
  );
}

function whyUnenforced({ at, task, unenforced }: TaskPods, steps: readonly Piece[]): Unenforced | undefined {
  if (unenforced !== undefined) return { path: at, why: unenforced };
  if (task === undefined) return { path: at, why: 'The task of these pods is described in another object' };
  const referring = steps.find((step) => isSaid(within(step, 'ref')));
  return referring && { path: referring.path, why: 'A step of it is described in another object' };
}

function readOf(templates: readonly (Piece | undefined)[]): Path[] {
  return templates.flatMap((template) =>
    template === undefined ? [] : TEMPLATE_FIELDS.map((key) => within(template, key).path),
  );
}

function stepContainer(step: Piece, index: number, template: Piece | undefined): Piece {
  const name = member(step.value, 'name');
  const merged =
    template === undefined || isSaid(within(step, 'ref'))
      ? step
      : mergedPiece(without(template, ['name']), step);
  return container(merged, {
    name: limited(typeof name === 'string' && name !== '' ? `step-${name}` : `step-unnamed-${index}`),
    script: `script-${index}`,
  });
}

function sidecarContainer(sidecar: Piece, index: number): Piece {
  return container(sidecar, {
    name: limited(`sidecar-${String(member(sidecar.value, 'name') ?? '')}`),
    script: `sidecar-script-${index}`,
  });
}

/** The longest name of a container. */
const NAME_LENGTH = 63;

/** A name as Tekton cuts it: it is not too long, and ends in a letter or a digit. */
function limited(name: string): string {
  return name.slice(0, NAME_LENGTH).replace(/[^A-Za-z0-9]+$/, '');
}

/** A step with the variables of the pod template, which follow its own. */
function withEnvironment(step: Piece, podTemplate: Piece | undefined): Piece {
  const added = podTemplate === undefined ? [] : itemsOf(within(podTemplate, 'env'));
  if (added.length === 0) return step;
  const env = [...itemsOf(within(step, 'env')), ...added];
  return mappingOf(step.path, { ...membersOf(step), env: listOf(step.path, env) });
}

/**
 * A step or a sidecar as a container. Its script becomes a file whose name ends in characters that are drawn for each
 * pod, so that no list can have it; the first line of the script names its interpreter, by default `/bin/sh`.
 */
function container(
  piece: Piece,
  { name, script }: { readonly name: string; readonly script: string },
): Piece {
  const source = within(piece, 'script');
  const named = overlaid(piece, { name });
  return without(
    isSaid(source)
      ? overlaid(named, { command: [`/tekton/scripts/${script}-$(random)`] }, source.path)
      : named,
    OWN_FIELDS,
  );
}

/** The container that Tekton starts where the steps are described elsewhere. */
function ownContainer(path: Path): Piece {
  return constantPiece({ name: 'step', command: [ENTRYPOINT] }, path);
}

/** What workspaces are bound to, where that is a volume that may hold more than data. */
export function boundVolumes(workspaces: Piece): Piece {
  return listOf(
    workspaces.path,
    itemsOf(workspaces)
      .filter((binding) => WORKSPACE_VOLUMES.some((key) => isSaid(within(binding, key))))
      .map((binding) => without(binding, ['subPath', 'volumeClaimTemplate'])),
  );
}

/**
 * A reference, if it leads out of the cluster: to a repository, a hub or a bundle, whose content no one has sent. What is
 * in the cluster was judged when it was applied.
 */
export function remoteReference(reference: Piece): Piece[] {
  const { value } = reference;
  if (!isMapping(value)) return [];
  const resolver = member(value, 'resolver');
  const isRemote =
    (resolver != null && resolver !== '' && resolver !== 'cluster') || isSaid(within(reference, 'bundle'));
  return isRemote ? [reference] : [];
}
