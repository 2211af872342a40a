import type { Path } from '../../../model/pointer.ts';
import { entries, isMapping, member } from '../../mapping.ts';
import type { Assembled, Unenforced } from '../kind-row.ts';
import {
  containersOf,
  type FoundTemplate,
  initContainersOf,
  nameOf,
  stepsOf,
  type TemplateType,
  TYPES_WITH_PODS,
  templatesIn,
  typeOf,
  withDefaults,
} from './argo-templates.ts';
import { checkVariables } from './argo-variables.ts';
import { distinctness } from './distinct-pods.ts';
import { firstSaid, isSaid, itemsOf, type Piece, pathsOf, within } from './pieces.ts';
import { knownLabels, nameLabel, podOf, problemPod, replacedLabels } from './pod-parts.ts';
import { sharedProblem } from './shared-pieces.ts';

/** The spec of a workflow, and whose pods it describes. */
export interface Workflow {
  readonly spec: Piece;
  readonly templates: readonly Piece[];
  /** The name of the Workflow that makes the pods; undefined when it is not known. */
  readonly name: unknown;
  /** Why no policy can be made for any of the pods. */
  readonly unenforced: string | undefined;
}

/** The fields of a workflow that go into the spec of each of its pods. */
const POD_LEVEL = ['hostNetwork', 'automountServiceAccountToken', 'securityContext', 'volumes'];
/** The types of templates that describe containers. */
const WITH_CONTAINERS: readonly TemplateType[] = ['container', 'containerSet', 'script'];
/** The templates of which only containers of the controller run, with a program that the template chooses. */
const BY_CONTROLLER: readonly TemplateType[] = ['resource', 'data'];
/** Parts of templates that are pods of another object, or none. */
const ELSEWHERE: readonly (TemplateType | undefined)[] = ['http', 'plugin', undefined];

/** The pods that the spec of a workflow describes: those of each template that makes some. */
export function workflowPods(workflow: Workflow): readonly Assembled[] {
  const { spec } = workflow;
  if (!isMapping(spec.value)) return [];
  const templates = workflow.templates.flatMap(templatesIn);
  const shared = ['templateDefaults', 'podMetadata', ...POD_LEVEL].map((key) => within(spec, key));
  const problem = sharedProblem(shared, templates.length, spec);
  if (problem !== undefined) return [problemPod(spec, problem)];
  const making = templates.flatMap((found) => {
    const type = typeOf(found.own);
    return type !== undefined && TYPES_WITH_PODS.includes(type) ? [{ ...found, type }] : [];
  });
  const distinct = distinctness(
    making.map(({ own }) => ({ at: own.path, own: knownLabels(within(own, 'metadata', 'labels')).value })),
    hasOtherPods(spec, templates),
  );
  return [
    ...making.map((found, index) => templatePod(workflow, found, distinct[index])),
    ...pluginPods(spec),
    ...restPods(
      workflow,
      making.map(({ type }) => type),
    ),
  ];
}

function templatePod(
  { spec, name, unenforced }: Workflow,
  { own, suffix, type }: FoundTemplate & { readonly type: TemplateType },
  indistinct: Unenforced | undefined,
): Assembled {
  const template = withDefaults(within(spec, 'templateDefaults'), own);
  const byController = BY_CONTROLLER.includes(type)
    ? 'Its main container is one of Argo Workflows, which no object describes'
    : undefined;
  const why = unenforced ?? byController;
  return assemble(spec, template, type, {
    own,
    at: own.path,
    suffix,
    labels: [within(spec, 'podMetadata', 'labels'), within(template, 'metadata', 'labels')],
    name,
    metadata: unenforced === undefined ? [...own.path, 'metadata'] : undefined,
    unenforced: why === undefined ? indistinct : { path: own.path, why },
  });
}

/** What is known of the pods of a template besides the template. */
interface Facts extends Pick<Assembled, 'suffix' | 'metadata' | 'unenforced'> {
  /** The template as it was written. */
  readonly own: Piece;
  readonly at: Path;
  readonly labels: readonly Piece[];
  readonly name: unknown;
}

function assemble(
  spec: Piece,
  template: Piece,
  type: TemplateType | undefined,
  { own, at, suffix, labels, name, metadata, unenforced }: Facts,
): Assembled {
  const volumes = [within(spec, 'volumes'), within(template, 'volumes')];
  const containers = containersOf(template, type);
  const initContainers = initContainersOf(template);
  const securityContext = firstSaid(within(template, 'securityContext'), within(spec, 'securityContext'));
  const unjudged = [
    within(spec, 'podSpecPatch'),
    within(template, 'podSpecPatch'),
    ...(type === 'resource' ? ['manifest', 'manifestFrom'].map((key) => within(template, type, key)) : []),
  ].filter(isSaid);
  const controllerLabels = nameLabel('workflows.argoproj.io/workflow', name);
  return podOf(
    {
      at,
      labels: labels.map(knownLabels),
      controllerLabels,
      annotations: [within(spec, 'podMetadata', 'annotations'), within(template, 'metadata', 'annotations')],
      fields: {
        hostNetwork: within(spec, 'hostNetwork'),
        automountServiceAccountToken: firstSaid(
          within(template, 'automountServiceAccountToken'),
          within(spec, 'automountServiceAccountToken'),
        ),
        securityContext,
      },
      volumes,
      containers,
      initContainers,
    },
    {
      suffix,
      metadata,
      read: readOf(spec, at),
      known: [
        ...containerPaths(within(spec, 'templateDefaults'), WITH_CONTAINERS),
        ...containerPaths(own, [type]),
      ],
      unjudged: unjudged.map(({ path }) => path),
      unenforced,
      problems: [
        ...checkVariables(securityContext, volumes, [...containers, ...initContainers]),
        ...replacedLabels(controllerLabels, labels),
      ],
    },
  );
}

/** What a pod is made of, so that nothing in it is unread. */
function readOf(spec: Piece, at: Path): Path[] {
  const own = ['podSpecPatch', 'automountServiceAccountToken', 'securityContext'];
  return [
    ...['hostNetwork', ...own].map((key) => [...spec.path, key]),
    ...own.map((key) => [...spec.path, 'templateDefaults', key]),
    ...own.map((key) => [...at, key]),
  ];
}

/** The places of the containers of a template. */
function containerPaths(template: Piece, types: readonly (TemplateType | undefined)[]): Path[] {
  return [
    ...WITH_CONTAINERS.filter((type) => types.includes(type)).flatMap((type) => [
      within(template, type).path,
      ...(type === 'containerSet' ? pathsOf(within(template, type, 'containers')) : []),
    ]),
    ...['initContainers', 'sidecars'].flatMap((key) => pathsOf(within(template, key))),
    within(template, 'metadata', 'annotations').path,
  ];
}

/** Whether a workflow has pods that none of its templates describes. */
function hasOtherPods(spec: Piece, templates: readonly FoundTemplate[]): boolean {
  return (
    isSaid(within(spec, 'workflowTemplateRef')) ||
    isSaid(within(spec, 'artifactGC')) ||
    hooksRefer(spec) ||
    templates.some(
      ({ own }) =>
        ELSEWHERE.includes(typeOf(own)) ||
        stepsOf(own).some((step) => isSaid(within(step, 'templateRef')) || hooksRefer(step)) ||
        itemsOf(within(own, 'outputs', 'artifacts')).some((artifact) =>
          isSaid(within(artifact, 'artifactGC')),
        ),
    )
  );
}

function hooksRefer(holder: Piece): boolean {
  return entries(within(holder, 'hooks').value).some(([, hook]) => member(hook, 'templateRef') != null);
}

/** The pods of executor plugins that a workflow brings along. */
function pluginPods(spec: Piece): Assembled[] {
  return itemsOf(within(spec, 'executorPlugins')).map((plugin) => {
    const sidecar = within(plugin, 'spec', 'sidecar');
    return podOf(
      {
        at: sidecar.path,
        fields: { automountServiceAccountToken: within(sidecar, 'automountServiceAccountToken') },
        containers: [within(sidecar, 'container')],
      },
      {
        suffix: `-plugin-${nameOf(within(plugin, 'metadata'), String(plugin.path.at(-1)))}`,
        metadata: undefined,
        read: [[...sidecar.path, 'automountServiceAccountToken']],
        unenforced: {
          path: sidecar.path,
          why: 'It runs beside a container of Argo Workflows, which no object describes',
        },
      },
    );
  });
}

/**
 * What a workflow says of pods whose templates stand elsewhere: the values of the workflow itself, and its defaults for
 * templates.
 */
function restPods({ spec, name }: Workflow, types: readonly TemplateType[]): Assembled[] {
  const defaults = within(spec, 'templateDefaults');
  const patch = within(spec, 'artifactGC', 'podSpecPatch');
  // The defaults also go into templates of other objects, to which steps refer.
  const unused = TYPES_WITH_PODS.filter((type) => isSaid(within(defaults, type)) && !types.includes(type));
  const isAlone =
    types.length === 0 &&
    (isSaid(defaults) || [...POD_LEVEL, 'podSpecPatch'].some((key) => isSaid(within(spec, key))));
  const found = unused.length > 0 ? unused : isAlone || isSaid(patch) ? [undefined] : [];
  return found.map((type) => {
    const pod = assemble(spec, defaults, type, {
      own: defaults,
      at: spec.path,
      suffix: '-pods',
      labels: [],
      name,
      metadata: undefined,
      unenforced: { path: spec.path, why: 'The templates of these pods are described in another object' },
    });
    return {
      ...pod,
      read: [...pod.read, [...spec.path, 'artifactGC', 'podSpecPatch']],
      unjudged: [...(pod.unjudged ?? []), ...(isSaid(patch) ? [patch.path] : [])],
    };
  });
}
