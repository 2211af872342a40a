import type { Notice, NoticeCode } from '../model/notices.ts';
import type { CompileOptions } from '../model/options.ts';
import { compareText } from '../model/ordered.ts';
import { baseName } from '../model/paths.ts';
import type { Path } from '../model/pointer.ts';
import { type Container, type ExecAction, type Workload, workloadId } from '../model/workload.ts';
import { type BinaryRequest, type ContainerBinaries, unionAllowlist } from './binaries.ts';
import { injectionsOf } from './injectors.ts';
import { isLookedUpOutsideUsr, isOutsideUsr, mergedUsrCounterpart, withMergedUsr } from './merged-usr.ts';
import { isLauncher, type StartedPrograms, startedPrograms } from './started-programs.ts';

type Options = Pick<CompileOptions, 'mode' | 'scope' | 'pathMatching' | 'mergedUsr'>;

/** How many programs or paths a notice names. */
const NAMED = 10;

/**
 * Tells of what allowlists will kill though nobody means it to: what shells and launchers start, an
 * entrypoint that only the image knows, the second names of files, and containers that come later.
 */
export function allowlistNotices(
  workload: Workload,
  binaries: readonly ContainerBinaries[],
  options: Options,
): Notice[] {
  const groups = options.scope === 'pod' ? [binaries] : binaries.map((each) => [each]);
  // Such a pod has no allowlist at all.
  const hostPid = workload.pod.some(({ name, value }) => name === 'hostPID' && value);
  const listed = groups.flatMap((group) => {
    const allowlist = unionAllowlist(group);
    if (allowlist === undefined || hostPid) return [];
    return [{ group, allowlist: options.mergedUsr ? withMergedUsr(allowlist) : new Set(allowlist) }];
  });
  return [
    ...listed.flatMap(({ group, allowlist }) =>
      group.flatMap((each) => [
        ...launcherNotices(workload, each, allowlist, options),
        ...imageEntrypointNotice(workload, each, options),
      ]),
    ),
    ...mergedUsrNotice(workload, listed, options),
    ...injectionNotices(workload, listed.length > 0, options),
  ];
}

function notice(
  workload: Workload,
  code: NoticeCode,
  path: Path,
  message: string,
  container?: Pick<Container, 'name'>,
): Notice {
  return {
    code,
    service: workloadId(workload),
    ...(container === undefined ? {} : { container: container.name }),
    message,
    document: workload.source.document,
    path,
  };
}

/** Where a workload says which binaries it may run. */
export function allowedBinariesPlace({ dialect }: Pick<Workload, 'dialect'>): string {
  return dialect === 'lattice'
    ? 'securityContext.allowedBinaries'
    : 'the annotation runtime.lattice.dev/allowed-binaries of the pod template';
}

// ------------------------------------------------------------------------------ launchers

function launcherNotices(
  workload: Workload,
  { container, declared }: ContainerBinaries,
  allowlist: ReadonlySet<string>,
  options: Options,
): Notice[] {
  const names = new Set([...allowlist].map(baseName));
  const isListed = (program: string): boolean =>
    program.startsWith('/') ? allowlist.has(program) : names.has(baseName(program));
  const namesPrograms = declared.some(({ binary }) => !isLauncher(binary));
  const told = new Set<string>();
  return actionsOf(container).flatMap(({ binary, words, path }) => {
    const started = startedPrograms(words);
    if (started === undefined || !isListed(binary)) return [];
    const missing = started.programs.filter((program) => !isListed(program));
    // Whoever lists other programs than launchers has thought of what they start.
    if (missing.length === 0 && (started.complete || namesPrograms)) return [];
    const message = launcherMessage(workload, binary, { ...started, programs: missing }, options);
    // The probes of a container often run the same.
    if (told.has(message)) return [];
    told.add(message);
    return [notice(workload, 'LauncherStartsOthers', path, message, container)];
  });
}

/** Everything that is started in a container by its own document. */
function actionsOf({ command, words, path, execProbes, lifecycleBinaries }: Container): ExecAction[] {
  return [
    ...(command === undefined ? [] : [{ binary: command, words, path: [...path, 'command', 0] }]),
    ...execProbes,
    ...lifecycleBinaries,
  ];
}

function launcherMessage(
  workload: Workload,
  binary: string,
  { what, programs, complete }: StartedPrograms,
  { mode, pathMatching }: Options,
): string {
  const subject = `The ${what} ${binary} may run`;
  const killed = mode === 'monitor' ? 'would be killed in mode=enforce' : 'will be killed';
  const others = complete ? '' : ' What else it starts cannot be told from here.';
  const first =
    programs.length > 0
      ? `${subject}, but it starts ${named(programs)}, which ${programs.length === 1 ? 'is' : 'are'} not on the allowlist and ${killed}.${others}`
      : `${subject}, but no program that it starts is on the allowlist: each ${killed}. Which they are cannot be told from here.`;
  const script =
    what !== 'script'
      ? ''
      : pathMatching === 'resolved'
        ? ' With pathMatching=resolved its interpreter must be listed too.'
        : ' A script that begins with #!/usr/bin/env needs its interpreter listed too.';
  const way =
    mode === 'monitor'
      ? `the events of mode=monitor name them`
      : 'roll out with mode=monitor first, whose events name what would be killed';
  return `${first}${script} List the programs by their absolute paths in ${allowedBinariesPlace(workload)}; ${way}.`;
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, NAMED);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}

// ------------------------------------------------------------------------------ the image's own entrypoint

function imageEntrypointNotice(
  workload: Workload,
  { container, declared }: ContainerBinaries,
  { mode }: Options,
): Notice[] {
  const [first] = declared;
  if (container.command !== undefined || first === undefined) return [];
  const never =
    mode === 'monitor' ? 'in mode=enforce the container would never start' : 'the container never starts';
  return [
    notice(
      workload,
      'ImageEntrypointNotDeclared',
      first.path,
      `No command is declared, so what the image says is run: its ENTRYPOINT, or its CMD where it has none. Unless that is in allowedBinaries, by its absolute path, ${never}; a script such as /docker-entrypoint.sh needs what it starts listed too.`,
      container,
    ),
  ];
}

// ------------------------------------------------------------------------------ merged usr

interface Listed {
  readonly group: readonly ContainerBinaries[];
  readonly allowlist: ReadonlySet<string>;
}

function mergedUsrNotice(
  workload: Workload,
  listed: readonly Listed[],
  { pathMatching, mode }: Options,
): Notice[] {
  const missing = new Map<string, BinaryRequest>();
  for (const { group, allowlist } of listed) {
    for (const { declared, entrypoints } of group) {
      // An entrypoint is asked for by the very path that is listed; only its resolved path is another.
      const kills =
        pathMatching === 'resolved'
          ? [...declared, ...entrypoints].filter(({ binary }) => isOutsideUsr(binary))
          : declared.filter(
              ({ binary }) =>
                isLookedUpOutsideUsr(binary) && !entrypoints.some((each) => each.binary === binary),
            );
      for (const request of kills) {
        const counterpart = mergedUsrCounterpart(request.binary);
        if (counterpart !== undefined && !allowlist.has(counterpart) && !missing.has(counterpart))
          missing.set(counterpart, request);
      }
    }
  }
  const [first] = missing.values();
  if (first === undefined) return [];
  const counterparts = named([...missing.keys()].sort(compareText));
  const killed = mode === 'monitor' ? 'would be killed in mode=enforce' : 'is killed';
  const why =
    pathMatching === 'resolved'
      ? `${first.binary} resolves to another path there`
      : `a program that is found through PATH has the path under /usr there, and not that which is listed`;
  return [
    notice(
      workload,
      'MergedUsrPathsNotListed',
      first.path,
      `Not listed: ${counterparts}. Where /bin and /sbin are links into /usr, as in images of Debian, Ubuntu and Fedora, ${why}, so it ${killed}. List both, or compile with mergedUsr=true; in other images this has no effect.`,
    ),
  ];
}

// ------------------------------------------------------------------------------ containers that come later

function injectionNotices(workload: Workload, isListed: boolean, { scope, mode }: Options): Notice[] {
  const { podLabels, podAnnotations, containers, template, source } = workload;
  const injections = injectionsOf({
    labels: podLabels,
    annotations: podAnnotations,
    containers: containers.map(({ name }) => name),
  });
  return injections.map(({ injector, containers: added, on, key }) => {
    const path = template === undefined ? source.path : [...source.path, ...template.metadata, on, key];
    const who = `The ${on === 'labels' ? 'label' : 'annotation'} ${key} has ${injector} add ${named(added)} to the pod after compilation.`;
    if (scope === 'container') {
      return notice(
        workload,
        'InjectedContainersSpared',
        path,
        `${who} With scope=container no policy applies there: nothing is killed, and nothing enforced.`,
      );
    }
    const killed = mode === 'monitor' ? 'would be killed in mode=enforce' : 'is killed';
    const what = isListed
      ? `The policies apply to the whole pod, so a program of theirs that is not on the allowlist ${killed}`
      : 'The policies apply to the whole pod, so to them too';
    return notice(
      workload,
      'ContainersInjectedLater',
      path,
      `${who} ${what}. Compile with scope=container, which spares them, or send the pod as it is after the injection.`,
    );
  });
}
