import type { Notice } from '../../model/notices.ts';
import { baseName } from '../../model/paths.ts';
import { type Container, containerPlace, type ExecAction, type Workload } from '../../model/workload.ts';
import { allowedBinariesPlace } from '../allowed-binaries-place.ts';
import type { ContainerBinaries } from '../container-binaries.ts';
import { isLauncher, type StartedPrograms, startedPrograms } from '../started-programs.ts';
import { type AllowlistOptions, allowlistNotice } from './allowlist-notice.ts';
import { listNames } from './list-names.ts';

/**
 * Notices about shells, scripts and launchers of one container that are on the allowlist although programs that
 * they start are not, or cannot be known. The command, the exec probes and the lifecycle hooks are looked at.
 *
 * @param allowlist The absolute paths of all binaries that may run in the container.
 */
export function launcherNotices(
  workload: Workload,
  { container, declared, byImage, uncertain }: ContainerBinaries,
  allowlist: ReadonlySet<string>,
  options: AllowlistOptions,
): Notice[] {
  const names = new Set([...allowlist].map(baseName));
  const isListed = (program: string): boolean =>
    program.startsWith('/') ? allowlist.has(program) : names.has(baseName(program));
  const namesPrograms = declared.some(({ binary }) => !isLauncher(binary));
  const messages = new Set<string>();
  // Of these another notice tells what is missing, or nothing is.
  const told = new Set([
    ...byImage.filter(({ others }) => others !== undefined).map(({ action }) => action.words),
    ...uncertain.map(({ words }) => words),
  ]);
  return actionsOf(container, byImage).flatMap(({ binary, words, path }) => {
    if (told.has(words)) return [];
    const started = startedPrograms(words);
    if (started === undefined || !isListed(binary)) return [];
    const missing = started.programs.filter((program) => !isListed(program));
    // An author who lists a program that is not a launcher has considered what the launchers start.
    if (missing.length === 0 && (started.complete || namesPrograms)) return [];
    const message = launcherMessage(workload, binary, { ...started, programs: missing }, options);
    // Several probes of a container often run the same command.
    if (messages.has(message)) return [];
    messages.add(message);
    return [allowlistNotice(workload, 'LauncherStartsOthers', path, message, container)];
  });
}

/** Every command line that the document of a container, or the config of its image, has started in it. */
function actionsOf(container: Container, byImage: ContainerBinaries['byImage']): ExecAction[] {
  const { command, words, execProbes, lifecycleBinaries } = container;
  return [
    ...(command === undefined
      ? []
      : [{ binary: command, words, path: containerPlace(container, 'command', 0) }]),
    ...byImage.flatMap(({ action }) => (action.isOfImage ? [action] : [])),
    ...execProbes,
    ...lifecycleBinaries,
  ];
}

function launcherMessage(
  workload: Workload,
  binary: string,
  { what, programs, complete }: StartedPrograms,
  { mode, pathMatching }: AllowlistOptions,
): string {
  const subject = `The ${what} ${binary} may run`;
  const killed = mode === 'monitor' ? 'would be killed in mode=enforce' : 'will be killed';
  const others = complete ? '' : ' What else it starts cannot be told from here.';
  const first =
    programs.length > 0
      ? `${subject}, but it starts ${listNames(programs)}, which ${programs.length === 1 ? 'is' : 'are'} not on the allowlist and ${killed}.${others}`
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
