import type { Path } from '../../../model/pointer.ts';
import { entries, isMapping, member } from '../../mapping.ts';
import type { Assembled } from '../kind-row.ts';
import {
  firstSaid,
  isSaid,
  itemsOf,
  mappingOf,
  membersOf,
  overlaid,
  type Piece,
  pathsOf,
  pieceAt,
  within,
  without,
} from './pieces.ts';
import { nameLabel, podOf, replacedLabels } from './pod-parts.ts';

/** The pods of a Spark application: its driver, or its executors. */
interface Role {
  readonly field: 'driver' | 'executor';
  /** The names by which Spark finds its container in a template; it takes the first one where none has them. */
  readonly containers: readonly [string, ...string[]];
}

const ROLES: readonly Role[] = [
  { field: 'driver', containers: ['spark-kubernetes-driver'] },
  { field: 'executor', containers: ['spark-kubernetes-executor', 'executor'] },
];

/** The fields of a role that go into its pod or its container, besides its template. */
const OWN_FIELDS = [
  'securityContext',
  'podSecurityContext',
  'hostNetwork',
  'shareProcessNamespace',
  'initContainers',
  'sidecars',
  'lifecycle',
];

/** Those of them of which nothing is unread. */
const READ_WHOLE = ['securityContext', 'podSecurityContext', 'hostNetwork', 'shareProcessNamespace'];
/** The fields of a pod template's spec that the search for unread parts would report. */
const POD_SWITCHES = ['securityContext', 'hostNetwork', 'hostPID', 'hostIPC'];

/**
 * Settings of Spark that change its pods: a file with a template, volumes of the node, annotations, and classes that
 * write any spec.
 */
const UNJUDGED_SETTING =
  /^spark\.kubernetes\..*(podTemplate|featureSteps|annotation)|\.volumes\.(?!(emptyDir|persistentVolumeClaim)\.)/i;

/**
 * The pods of a Spark application.
 *
 * @param base Where its spec stands.
 * @param name The name of the application; undefined when each run has one of its own.
 */
export function sparkPods(object: unknown, base: Path, name: unknown): readonly Assembled[] {
  const spec = pieceAt(object, base);
  return ROLES.flatMap((role) => {
    const own = within(spec, role.field);
    if (!isMapping(own.value)) return [];
    const template = within(own, 'template');
    const hasTemplate = isMapping(template.value);
    const isMixed = hasTemplate && OWN_FIELDS.some((key) => isSaid(within(own, key)));
    const why = isMixed
      ? 'It depends on the version of Spark whether its pods follow the template or the fields beside it'
      : undefined;
    const problems = [pieceAt(object, ['metadata', 'labels']), within(own, 'labels')].flatMap((labels) =>
      replacedLabels(labelsOf(name, role.field), [labels]),
    );
    const pod = { ...rolePod(spec, role, own, name, why), problems };
    if (!isMixed) return [pod];
    // Where the operator does not change pods that have a template, they are what the template alone says.
    const alone = without(own, OWN_FIELDS);
    return [pod, { ...rolePod(spec, role, alone, name, why), unjudged: [] }];
  });
}

function rolePod(
  spec: Piece,
  { field, containers }: Role,
  own: Piece,
  name: unknown,
  why: string | undefined,
): Assembled {
  const template = within(own, 'template');
  const pod = within(template, 'spec');
  const written = itemsOf(within(pod, 'containers'));
  const index = Math.max(
    0,
    written.findIndex(({ value }) => containers.some((each) => each === member(value, 'name'))),
  );
  const main = sparkContainer(spec, own, written[index], containers[0]);
  const fields = isMapping(pod.value)
    ? Object.keys(pod.value).filter((key) => !['containers', 'initContainers', 'volumes'].includes(key))
    : [];
  return podOf(
    {
      at: own.path,
      labels: [within(template, 'metadata', 'labels'), within(own, 'labels')],
      controllerLabels: labelsOf(name, field),
      annotations: [within(template, 'metadata', 'annotations'), within(own, 'annotations')],
      fields: {
        ...Object.fromEntries(fields.map((key) => [key, within(pod, key)])),
        ...saidFields(own, pod),
      },
      volumes: [within(pod, 'volumes'), within(spec, 'volumes')],
      containers: [main, ...written.filter((_, each) => each !== index), ...itemsOf(within(own, 'sidecars'))],
      initContainers: [...itemsOf(within(pod, 'initContainers')), ...itemsOf(within(own, 'initContainers'))],
    },
    {
      suffix: `-${field}`,
      metadata: own.path,
      read: [
        ...READ_WHOLE.map((key) => [...own.path, key]),
        ...POD_SWITCHES.map((key) => [...pod.path, key]),
      ],
      known: [
        ...['initContainers', 'sidecars'].flatMap((key) => pathsOf(within(own, key))),
        ...['containers', 'initContainers'].flatMap((key) => pathsOf(within(pod, key))),
      ],
      unjudged: [...unjudgedSettings(within(spec, 'sparkConf')), ...unjudgedOptions(spec)],
      unenforced: why === undefined ? undefined : { path: own.path, why },
    },
  );
}

function labelsOf(name: unknown, role: string): Record<string, string> {
  const app = nameLabel('sparkoperator.k8s.io/app-name', name);
  return Object.keys(app).length === 0 ? {} : { ...app, 'spark-role': role };
}

/** The fields of the pod that the role has beside its template. */
function saidFields(own: Piece, pod: Piece): Record<string, Piece | undefined> {
  const isTrue = (piece: Piece): boolean => piece.value === true;
  return {
    securityContext: firstSaid(within(own, 'podSecurityContext'), within(pod, 'securityContext')),
    // The operator sets these where they are true, and leaves them alone where they are false.
    ...Object.fromEntries(
      ['hostNetwork', 'shareProcessNamespace'].map((key) => [
        key,
        isTrue(within(own, key)) ? within(own, key) : (firstSaid(within(pod, key)) ?? within(own, key)),
      ]),
    ),
  };
}

function sparkContainer(spec: Piece, own: Piece, written: Piece | undefined, name: string): Piece {
  const base = written ?? { value: {}, path: own.path };
  const merged = mappingOf(base.path, {
    ...membersOf(base),
    image: firstSaid(within(own, 'image'), within(spec, 'image'), within(base, 'image')),
    securityContext: firstSaid(within(own, 'securityContext'), within(base, 'securityContext')),
    lifecycle: firstSaid(within(own, 'lifecycle'), within(base, 'lifecycle')),
  });
  const container = overlaid(merged, { env: environmentOf(own, base), envFrom: fromOf(own, base) });
  return isSaid(within(container, 'name')) ? container : overlaid(container, { name });
}

/** The variables of the container, of which only PATH matters. */
function environmentOf(own: Piece, base: Piece): unknown[] {
  const listed = [within(base, 'env'), within(own, 'env')].flatMap((list) => itemsOf(list));
  const mapped = entries(within(own, 'envVars').value).map(([name, value]) => ({
    name: String(name),
    value,
  }));
  return [...listed.map(({ value }) => value), ...mapped];
}

function fromOf(own: Piece, base: Piece): unknown[] {
  return [within(base, 'envFrom'), within(own, 'envFrom')]
    .flatMap((list) => itemsOf(list))
    .map(({ value }) => value);
}

function unjudgedSettings(settings: Piece): Path[] {
  if (!isMapping(settings.value)) return [];
  return Object.keys(settings.value)
    .filter((key) => UNJUDGED_SETTING.test(key))
    .map((key) => [...settings.path, key]);
}

/**
 * The operator writes the file of the application and its arguments behind the options of spark-submit: what stands there
 * first and begins like an option is one, and may set whatever `sparkConf` sets.
 */
function unjudgedOptions(spec: Piece): Path[] {
  const first = firstSaid(within(spec, 'mainApplicationFile'), within(spec, 'arguments', 0));
  return typeof first?.value === 'string' && first.value.startsWith('-') ? [first.path] : [];
}
