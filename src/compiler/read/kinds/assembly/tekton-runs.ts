import type { Path } from '../../../model/pointer.ts';
import { isMapping, member } from '../../mapping.ts';
import type { Assembled } from '../kind-row.ts';
import { firstSaid, isSaid, itemsOf, listOf, mappingOf, type Piece, pieceAt, within } from './pieces.ts';
import { nameLabel, problemPod, replacedLabels } from './pod-parts.ts';
import { sharedProblem } from './shared-pieces.ts';
import { boundVolumes, remoteReference, type TaskPods, taskPod } from './tekton-pods.ts';

/** Why the pods of tasks and pipelines that are run by others have no policies. */
const BY_REFERENCE = 'Its pods are those of the runs that refer to it, which have other names and labels';
/** Why the pods of a pipeline that is written in a task have no policies. */
const OF_INNER_RUN =
  'Its pods are those of a run that Tekton makes for the inner pipeline, whose name is not known';
/** How deep a pipeline may hold another one. */
const DEPTH = 8;

/** The pods of a Task. */
export function taskPods(object: unknown, at: Path): readonly Assembled[] {
  return [taskPod({ ...unlabelled(at), task: pieceAt(object, at), unenforced: BY_REFERENCE })];
}

/** The pods of the steps that refer to a StepAction. */
export function stepActionPods(object: unknown, at: Path): readonly Assembled[] {
  const spec = pieceAt(object, at);
  const task = mappingOf(at, { steps: listOf(at, [spec]) });
  const pod = taskPod({ ...unlabelled(at), task, unenforced: BY_REFERENCE });
  return [{ ...pod, read: [], known: [] }];
}

function unlabelled(at: Path): TaskPods {
  return {
    task: undefined,
    at,
    podTemplate: undefined,
    workspaces: undefined,
    labels: [],
    controllerLabels: {},
    annotations: [],
    remote: [],
    metadata: undefined,
    unenforced: undefined,
  };
}

/** The pod of a TaskRun. */
export function taskRunPods(object: unknown, at: Path): readonly Assembled[] {
  const spec = pieceAt(object, at);
  const task = within(spec, 'taskSpec');
  const podTemplate = within(spec, 'podTemplate');
  const remote = remoteReference(within(spec, 'taskRef'));
  const workspaces = within(spec, 'workspaces');
  const hasTask = isMapping(task.value);
  const saysMore = isSaid(podTemplate) || isSaid(boundVolumes(workspaces));
  if (!hasTask && !saysMore && remote.length === 0) return [];
  return [
    taskPod({
      ...unlabelled(hasTask ? task.path : at),
      ...metadataOf(object),
      task: hasTask ? task : undefined,
      podTemplate,
      workspaces,
      controllerLabels: nameLabel('tekton.dev/taskRun', nameIn(object)),
      metadata: ['metadata'],
      remote,
    }),
  ];
}

/** Labels and annotations of a run, which its pods get too. */
function metadataOf(object: unknown): Pick<TaskPods, 'labels' | 'annotations'> {
  return {
    labels: [pieceAt(object, ['metadata', 'labels'])],
    annotations: [pieceAt(object, ['metadata', 'annotations'])],
  };
}

function nameIn(object: unknown): unknown {
  return member(member(object, 'metadata'), 'name');
}

/** A task of a pipeline, with the names of the tasks that hold it. */
interface PipelineTask {
  readonly task: Piece;
  readonly suffix: string;
  /** Whether it is a task of a pipeline that is written in a task. */
  readonly isNested: boolean;
}

/** The tasks of a pipeline, with those of the pipelines that are written in them. */
function tasksOf(pipeline: Piece, above = '', depth = 0): PipelineTask[] {
  const tasks = ['tasks', 'finally'].flatMap((key) => itemsOf(within(pipeline, key)));
  return tasks.flatMap((task) => {
    const name = member(task.value, 'name');
    const suffix = `${above}-${typeof name === 'string' && name !== '' ? name : String(task.path.at(-1))}`;
    const inner = within(task, 'pipelineSpec');
    const below = depth < DEPTH && isMapping(inner.value) ? tasksOf(inner, suffix, depth + 1) : [];
    return [{ task, suffix, isNested: depth > 0 }, ...below];
  });
}

/** The pods of the tasks that are written in a Pipeline. */
export function pipelinePods(object: unknown, at: Path): readonly Assembled[] {
  return tasksOf(pieceAt(object, at)).flatMap(({ task, suffix }) => {
    const remote = remoteOf(task);
    const spec = within(task, 'taskSpec');
    if (!isMapping(spec.value) && remote.length === 0) return [];
    return [
      withCustom(
        task,
        taskPod({
          ...unlabelled(task.path),
          suffix,
          task: isMapping(spec.value) ? spec : undefined,
          remote,
          unenforced: BY_REFERENCE,
        }),
      ),
    ];
  });
}

/** Pods for which a custom task is asked about as a whole, so that nothing in it is unread. */
function withCustom(task: Piece, pod: Assembled): Assembled {
  return isCustom(task) ? { ...pod, read: [...pod.read, [...task.path, 'taskSpec']] } : pod;
}

/** Whether a task is run by another controller, of which nobody knows which pods it makes. */
function isCustom(task: Piece): boolean {
  const version = within(task, 'taskSpec', 'apiVersion').value;
  return typeof version === 'string' && version !== '' && !version.startsWith('tekton.dev/');
}

/** References of a task of a pipeline to what nobody has sent, and tasks of which Tekton makes no pods itself. */
function remoteOf(task: Piece): Piece[] {
  return [
    ...remoteReference(within(task, 'taskRef')),
    ...remoteReference(within(task, 'pipelineRef')),
    ...(isCustom(task) ? [within(task, 'taskSpec')] : []),
  ];
}

/** What a PipelineRun says of the runs of one of its tasks. */
interface TaskRunSpec {
  readonly at: Piece;
  readonly podTemplate: Piece | undefined;
  readonly metadata: Piece;
}

/** The pods of a PipelineRun: those of each task that is written in it, and what it says of those of others. */
export function pipelineRunPods(object: unknown, at: Path): readonly Assembled[] {
  const spec = pieceAt(object, at);
  const common = firstSaid(within(spec, 'taskRunTemplate', 'podTemplate'), within(spec, 'podTemplate'));
  const own = taskRunSpecsOf(spec);
  const tasks = tasksOf(within(spec, 'pipelineSpec'));
  const problem = sharedProblem(
    [...(common === undefined ? [] : [common]), within(spec, 'workspaces')],
    tasks.length + own.size,
    spec,
  );
  if (problem !== undefined) return [problemPod(spec, problem)];
  const base = {
    ...unlabelled(at),
    ...metadataOf(object),
    workspaces: within(spec, 'workspaces'),
  };
  const written = tasks.flatMap((each) => writtenPods(object, each, base, { common, own }));
  return [...written, ...restPods({ spec, base, common, own, tasks, isWritten: written.length > 0 })];
}

/** What a PipelineRun says of the pods of its tasks: of all of them, and of some by the names of the tasks. */
interface RunSpecs {
  readonly common: Piece | undefined;
  readonly own: ReadonlyMap<string, TaskRunSpec>;
}

/** The pods of a task that is written in a PipelineRun; none of a task that is described elsewhere. */
function writtenPods(
  object: unknown,
  { task, suffix, isNested }: PipelineTask,
  base: TaskPods,
  { common, own }: RunSpecs,
): Assembled[] {
  const taskSpec = within(task, 'taskSpec');
  const hasTask = isMapping(taskSpec.value);
  const remote = remoteOf(task);
  if (!hasTask && remote.length === 0) return [];
  const name = String(member(task.value, 'name') ?? '');
  const ofRun = own.get(name);
  const templates = [common, ofRun?.podTemplate] as const;
  const runLabels = ofRun === undefined ? [] : [within(ofRun.metadata, 'labels')];
  const runAnnotations = ofRun === undefined ? [] : [within(ofRun.metadata, 'annotations')];
  const labels = [within(taskSpec, 'metadata', 'labels'), ...base.labels, ...runLabels];
  const controllerLabels = isNested
    ? nameLabel('tekton.dev/pipelineTask', name)
    : labelsOf(object, name, labels);
  const pod = taskPod({
    ...base,
    at: task.path,
    suffix,
    task: hasTask ? taskSpec : undefined,
    podTemplate: podTemplateOver(...templates),
    templates,
    labels,
    annotations: [within(taskSpec, 'metadata', 'annotations'), ...base.annotations, ...runAnnotations],
    controllerLabels,
    metadata: hasTask ? within(taskSpec, 'metadata').path : undefined,
    remote,
    unenforced: isNested ? OF_INNER_RUN : undefined,
  });
  const problems = [...(pod.problems ?? []), ...replacedLabels(controllerLabels, runLabels)];
  return [withCustom(task, { ...pod, problems })];
}

/**
 * The labels that Tekton gives the pods of a task. Where the name of the run is not known they are those of other runs too,
 * unless the author has given the pods labels.
 */
function labelsOf(object: unknown, task: string, own: readonly Piece[]): Record<string, string> {
  const run = nameLabel('tekton.dev/pipelineRun', nameIn(object));
  const isTold = Object.keys(run).length > 0 || own.some(({ value }) => Object.keys(value ?? {}).length > 0);
  return isTold ? { ...run, ...nameLabel('tekton.dev/pipelineTask', task) } : {};
}

interface Rest extends RunSpecs {
  readonly spec: Piece;
  readonly base: TaskPods;
  readonly tasks: readonly PipelineTask[];
  readonly isWritten: boolean;
}

/** What a PipelineRun says of the pods of tasks that are described in other objects. */
function restPods({ spec, base, common, own, tasks, isWritten }: Rest): Assembled[] {
  const remote = remoteReference(within(spec, 'pipelineRef'));
  const known = new Set(
    tasks.flatMap(({ task }) =>
      isMapping(within(task, 'taskSpec').value) ? [member(task.value, 'name')] : [],
    ),
  );
  const saysMore = common !== undefined || isSaid(boundVolumes(within(spec, 'workspaces')));
  const ofAll =
    remote.length > 0 || (saysMore && !isWritten)
      ? [taskPod({ ...base, at: spec.path, suffix: '-pods', podTemplate: common, remote })]
      : [];
  const ofOne = [...own].flatMap(([name, { at, podTemplate }]) =>
    podTemplate === undefined || known.has(name)
      ? []
      : [
          taskPod({
            ...base,
            at: at.path,
            suffix: `-${name}`,
            podTemplate: podTemplateOver(common, podTemplate),
            templates: [common, podTemplate],
          }),
        ],
  );
  return [...ofAll, ...ofOne];
}

function taskRunSpecsOf(spec: Piece): ReadonlyMap<string, TaskRunSpec> {
  return new Map(
    itemsOf(within(spec, 'taskRunSpecs')).map((each) => [
      String(member(each.value, 'pipelineTaskName') ?? each.path.at(-1)),
      {
        at: each,
        podTemplate: firstSaid(within(each, 'podTemplate'), within(each, 'taskPodTemplate')),
        metadata: within(each, 'metadata'),
      },
    ]),
  );
}

/** A pod template over another one, as Tekton merges them: field by field, and volumes by their names. */
function podTemplateOver(common: Piece | undefined, own: Piece | undefined): Piece | undefined {
  if (common === undefined || own === undefined) return own ?? common;
  const keys = new Set([...Object.keys(common.value ?? {}), ...Object.keys(own.value ?? {})]);
  return mappingOf(
    own.path,
    Object.fromEntries([...keys].map((key) => [key, fieldOver(within(common, key), within(own, key), key)])),
  );
}

function fieldOver(common: Piece, own: Piece, key: string): Piece {
  if (key === 'hostNetwork') return own.value === true ? own : common;
  if (key !== 'volumes') return own.value == null ? common : own;
  const named = new Set(itemsOf(own).map(({ value }) => member(value, 'name')));
  const others = itemsOf(common).filter(({ value }) => !named.has(member(value, 'name')));
  return listOf(own.path, [...itemsOf(own), ...others]);
}
