import { assignedLabels } from '../../src/compiler/derive/pod-selectors.ts';
import { compile, type Manifest, readWorkloadObjects } from '../../src/compiler/index.ts';
import { DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import type { Container, Workload } from '../../src/compiler/model/workload.ts';
import { BINARY_CLASS_NAMES, type BinaryClass } from '../../src/learn/binary-classes.ts';
import type { LearntWorkload } from '../../src/learn/learn.ts';
import { execEvent } from './cluster-events.ts';
import { learnt } from './learning.ts';
import { type Execution, knownImages, manifestOf, type PublicWorkload, runOf } from './public-workloads.ts';

/** What is known of a workload besides its document. */
interface Known {
  /** Whether the configs of its images are. */
  readonly images: boolean;
  /** The classes of binaries that are proposed too, where events of its run are known; undefined where none are. */
  readonly include: readonly BinaryClass[] | undefined;
}

/** What can be known of a workload, in the order in which docs/survival.md shows it. */
export const WAYS = {
  'The workload alone': { images: false, include: undefined },
  'Image configs': { images: true, include: undefined },
  'A day of events': { images: false, include: [] },
  'A day of events, every class included': { images: false, include: BINARY_CLASS_NAMES },
  'Image configs and a day of events': { images: true, include: [] },
  'Image configs and a day of events, every class included': { images: true, include: BINARY_CLASS_NAMES },
} as const satisfies Readonly<Record<string, Known>>;

/**
 * What becomes of the run of a workload under the policies that are made for it. `no list`: there is no allowlist, so
 * any binary may run. `survives`: all that it executes is on the list. `dies`: something is not.
 */
export interface Outcome {
  readonly outcome: 'survives' | 'dies' | 'no list';
  /** What it executes and the list does not have. */
  readonly missing: readonly string[];
}

/** Compiles a workload with what is known of it, and tells what becomes of its own run. */
export function runUnderPolicies(published: PublicWorkload, { images, include }: Known): Outcome {
  const given = read(published, images, {});
  const workload =
    include === undefined
      ? given
      : read(published, images, annotationsOf(learnFromRun(published, { images, include })));
  const allowlist = allowlistIn(compile(workload, DEFAULT_OPTIONS).manifests);
  if (allowlist === undefined) return { outcome: 'no list', missing: [] };
  const missing = published.containers
    .flatMap(runOf)
    .filter(({ requested, resolved }) => !allowlist.has(requested) && !allowlist.has(resolved))
    .map(({ requested }) => requested);
  return { outcome: missing.length === 0 ? 'survives' : 'dies', missing: [...new Set(missing)] };
}

/** What is learnt from the events of the run of a workload. */
export function learnFromRun(
  published: PublicWorkload,
  { images, include }: { readonly images: boolean; readonly include: readonly BinaryClass[] },
): LearntWorkload {
  const workload = read(published, images, {});
  const events = workload.containers.flatMap((container) => {
    const runs = published.containers.filter(({ name }) => name === container.name).flatMap(runOf);
    return [
      ...runs.map((run, index) => eventOf(run, index, workload, container)),
      ...probesOf(container, runs).map((run) => eventOf(run, runs.length, workload, container)),
    ];
  });
  return learnt(workload, events, { include: new Set(include) });
}

/** The runs of the exec probes of a container. Its run names each binary once, and a probe may be by that of another. */
function probesOf({ execProbes }: Container, runs: readonly Execution[]): Execution[] {
  return execProbes.flatMap(
    ({ binary }) =>
      runs.find(({ requested }) => requested === binary || requested.endsWith(`/${binary}`)) ?? [],
  );
}

const IMAGES = knownImages();

function read(
  published: PublicWorkload,
  images: boolean,
  allowedBinaries: Readonly<Record<string, string>>,
): Workload {
  const value = manifestOf(published, allowedBinaries);
  const source = { document: 0, path: [] };
  const reading = readWorkloadObjects([{ value, source }], images ? { images: IMAGES } : {});
  const [workload] = reading.ok ? reading.workloads : [];
  if (workload === undefined) throw new Error(`${published.name} is no workload.`);
  return workload;
}

/** The paths that the allowlist of a pod lets run; undefined when it has none. */
function allowlistIn(manifests: readonly Manifest[]): Set<string> | undefined {
  const hooks = manifests.flatMap(({ spec }) => spec.kprobes ?? []);
  const hook = hooks.find(({ call }) => call === 'security_bprm_check');
  if (hook === undefined) return undefined;
  const listed = (hook.selectors ?? [])
    .flatMap(({ matchArgs }) => matchArgs ?? [])
    .filter(({ args }) => args[0] !== 2)
    .flatMap(({ values }) => values);
  return new Set(listed);
}

/** What is proposed for the containers of a workload, as annotations say it. */
function annotationsOf({ containers }: LearntWorkload): Record<string, string> {
  return Object.fromEntries(
    containers.flatMap(({ container, proposal }) =>
      proposal === undefined ? [] : [[container.name, JSON.stringify(proposal.allowedBinaries)]],
    ),
  );
}

/**
 * The event of an execution. The first of a container is started by the runtime, probes and hooks from outside, and all
 * others by one of these.
 */
function eventOf(
  { requested, resolved }: Execution,
  index: number,
  workload: Workload,
  container: Container,
): unknown {
  // The agent completes a path that is relative to the working directory.
  const binary = requested.startsWith('/') ? requested : resolved;
  const action =
    index === 0
      ? undefined
      : [...container.execProbes, ...container.lifecycleBinaries].find(
          ({ binary: declared }) => declared === binary || binary.endsWith(`/${declared}`),
        );
  const [, ...words] = action?.words ?? [];
  return execEvent({
    binary,
    args: words.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' '),
    namespace: workload.namespace,
    pod: `${workload.name}-1`,
    container: container.name,
    containerId: `containerd://${container.name}`,
    labels: {
      ...workload.podLabels,
      ...workload.podSelector?.matchLabels,
      ...(assignedLabels(workload) ?? {}),
    },
    from: index === 0 ? 'init' : action === undefined ? 'tree' : 'outside',
  });
}
