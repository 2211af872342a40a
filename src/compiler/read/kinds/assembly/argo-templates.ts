import type { Path } from '../../../model/pointer.ts';
import { isMapping, member } from '../../mapping.ts';
import {
  constantPiece,
  isSaid,
  itemsOf,
  mergedPiece,
  overlaid,
  type Piece,
  within,
  without,
} from './pieces.ts';

/** The types of templates of Argo Workflows, in the order in which the controller looks for them. */
const TYPES = [
  'container',
  'containerSet',
  'steps',
  'dag',
  'script',
  'resource',
  'data',
  'suspend',
  'http',
  'plugin',
] as const;
/** What a template of Argo Workflows is. */
export type TemplateType = (typeof TYPES)[number];
/** Those that make a pod of their own. */
export const TYPES_WITH_PODS: readonly TemplateType[] = [
  'container',
  'containerSet',
  'script',
  'resource',
  'data',
];

/** The name that the controller gives the container of a step. */
const MAIN = 'main';
/** The binary of the controller that starts the containers of a step. */
const EXECUTOR = '/var/run/argo/argoexec';
/** Where the source of a script is put, which its interpreter gets as the last argument. */
const SCRIPT = '/argo/staging/script';
/** Fields of containers that Argo Workflows adds to those of Kubernetes, which hold nothing of a pod. */
const OWN_FIELDS = ['source', 'dependencies', 'mirrorVolumeMounts'];

/** A template, and what the name of its workload adds to that of the object. */
export interface FoundTemplate {
  readonly own: Piece;
  readonly suffix: string;
}

/** A template with those that are written inline in its steps and tasks. */
export function templatesIn(own: Piece): FoundTemplate[] {
  const suffix = `-${nameOf(own, String(own.path.at(-1)))}`;
  const inline = stepsOf(own).flatMap((step) => {
    const template = within(step, 'inline');
    return isMapping(template.value)
      ? [{ own: template, suffix: `${suffix}-${nameOf(step, 'inline')}` }]
      : [];
  });
  return [{ own, suffix }, ...inline];
}

/** The steps and the tasks of a template. */
export function stepsOf(template: Piece): Piece[] {
  return [
    ...itemsOf(within(template, 'steps')).flatMap((group) => itemsOf(group)),
    ...itemsOf(within(template, 'dag', 'tasks')),
  ];
}

/** The name of a piece, or what stands for it. */
export function nameOf({ value }: Piece, other: string): string {
  const name = member(value, 'name');
  return typeof name === 'string' && name !== '' ? name : other;
}

/** What a template is; undefined when it says nothing of it. */
export function typeOf({ value }: Piece): TemplateType | undefined {
  return TYPES.find((type) => member(value, type) != null);
}

/** A template over the defaults of its workflow, of which those for other types of templates are left out. */
export function withDefaults(defaults: Piece, own: Piece): Piece {
  const type = typeOf(own);
  return mergedPiece(without(defaults, ['name', 'steps', ...TYPES.filter((each) => each !== type)]), own);
}

/** The containers of the pods of a template of a type. */
export function containersOf(template: Piece, type: TemplateType | undefined): Piece[] {
  return [...mainContainers(template, type), ...itemsOf(within(template, 'sidecars')).map(asContainer)];
}

/** The init containers of the pods of a template. */
export function initContainersOf(template: Piece): Piece[] {
  return itemsOf(within(template, 'initContainers')).map(asContainer);
}

function asContainer(container: Piece): Piece {
  return without(container, OWN_FIELDS);
}

function mainContainers(template: Piece, type: TemplateType | undefined): Piece[] {
  if (type === 'containerSet')
    return itemsOf(within(template, 'containerSet', 'containers')).map((container) =>
      asContainer(isSaid(within(container, 'name')) ? container : overlaid(container, { name: MAIN })),
    );
  if (type === 'container') return [asContainer(overlaid(within(template, type), { name: MAIN }))];
  if (type === 'script') {
    const own = within(template, type);
    const args = member(own.value, 'args');
    return [asContainer(overlaid(own, { name: MAIN, args: [...(Array.isArray(args) ? args : []), SCRIPT] }))];
  }
  return [executorContainer(template.path)];
}

/** The container of the controller itself. */
function executorContainer(path: Path): Piece {
  return constantPiece({ name: MAIN, command: [EXECUTOR] }, path);
}
