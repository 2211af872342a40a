import { baseName } from '../compiler/model/paths.ts';
import type { Blocked } from './blocked.ts';
import type { BaselineAction, BinaryAction, IdentityAction, WriteAction } from './blocked-action.ts';
import { readableFile } from './event-paths.ts';
import type { EventProcess } from './tetragon-event.ts';

/**
 * What was blocked, in one sentence.
 *
 * @param whose The service as it stands in a sentence, such as `production/api-server`.
 */
export function blockWords({ action, confined, container }: Blocked, whose: string): string {
  const subject = confined === true && container !== undefined ? `${whose}, container ${container}` : whose;
  switch (action.kind) {
    case 'binary':
      return `${binaryWords(action)} is not on the allowlist of ${subject}.`;
    case 'rootfs-write':
      return `The root filesystem of ${subject} is read-only: ${writeWords(action)}.`;
    case 'identity':
      return `Processes of ${subject} may not ${action.id === 'user' ? 'become root' : 'take group 0'}: ${identityWords(action)}.`;
    case 'capability':
      return action.how === 'file'
        ? `A program of ${subject} has file capabilities that the pod may not hold.`
        : `A process of ${subject} asked for more capabilities than the pod may hold: ${action.capabilities.join(', ') || 'the event does not say which'}.`;
    case 'baseline':
      return `The cluster baseline lets no pod do this: ${baselineWords(action)}.`;
  }
}

/** What became of the process, in one sentence. */
export function outcomeWords({ mode, action }: Blocked): string {
  if (mode === 'unknown')
    return 'The message is of an earlier release, which does not tell whether the process was stopped or only watched: see the mode of the manifest.';
  const isSpared = action.kind === 'baseline' && action.call === 'security_kernel_module_request';
  if (mode === 'monitor')
    return isSpared
      ? 'Nothing happened, because the policy only monitors. Enforced, it would make the call fail.'
      : 'Nothing happened, because the policy only monitors. Enforced, it would stop the process.';
  return isSpared ? 'The call failed, and the process lives.' : 'The process was killed.';
}

function binaryWords({ resolved, requested, deleted }: BinaryAction): string {
  if (deleted) return `A file that is in no directory${nameOf(resolved ?? requested, ', seen as ')}`;
  if (resolved === undefined)
    return requested === undefined ? 'A binary' : `A binary, started as ${readableFile(requested)},`;
  return requested === undefined || requested === resolved
    ? readableFile(resolved)
    : `${readableFile(resolved)} (started as ${readableFile(requested)})`;
}

function nameOf(path: string | undefined, before: string): string {
  return path === undefined ? '' : `${before}${readableFile(path)},`;
}

const WRITES: Readonly<Record<WriteAction['what'], string>> = {
  write: 'opened for writing',
  create: 'created',
  remove: 'removed',
  rename: 'renamed',
  mkdir: 'made as a directory',
  truncate: 'truncated',
};

function writeWords({ what, path }: WriteAction): string {
  return `${path === undefined ? 'a file' : readableFile(path)} was to be ${WRITES[what]}`;
}

function identityWords({ what, id, from }: IdentityAction): string {
  const name = id === 'user' ? 'user' : 'group';
  const who = from === undefined ? 'a process' : `a process of ${name} ${from}`;
  if (what !== 'setid-program') return `${who} was to get the ${name} id 0`;
  return `${who} was to run a ${id === 'user' ? 'setuid' : 'setgid'} program`;
}

const TIERS: Readonly<Record<BaselineAction['tier'], string>> = {
  ptrace: 'to debug another process',
  modules: 'to load a kernel module',
  mount: 'to change mounts',
  namespaces: 'to make or enter a namespace',
  credentialFiles: 'to change a credential file',
  chroot: 'to change the root directory',
};

function baselineWords({ tier, call, paths }: BaselineAction): string {
  const files = paths.length === 0 ? '' : ` ${paths.map(readableFile).join(' and ')}`;
  return `${TIERS[tier]}${files} (${call})`;
}

/** The names of the programs by which container runtimes set up a container. */
const RUNTIMES = ['runc', 'crun', 'youki', 'runsc', 'conmon', 'kata-agent'];

/** Whole sentences about the process, where it is not an ordinary one of the container. */
export function processNotes(process: EventProcess): string[] {
  const isOutside = process.inInitTree === false;
  if (isRuntime(process))
    return [
      isOutside
        ? 'The process seems to be the container runtime, which starts a program in the running container: for kubectl exec, a probe or a lifecycle hook.'
        : 'The process seems to be the container runtime, which starts the container as the spec of the running pod says. If that asks for this, the manifest is of another form of the workload: compile the workload as it is deployed.',
    ];
  if (!isOutside) return [];
  return [
    process.pod?.container?.maybeExecProbe === true
      ? 'The process was started from outside of the container, and looks like an exec probe of it.'
      : 'The process was started from outside of the container, such as by kubectl exec, a probe or a lifecycle hook.',
  ];
}

/** Whether a process seems to be the container runtime. A program can have the name of one, so this only informs. */
function isRuntime({ binary, inHostPidNamespace }: EventProcess): boolean {
  return inHostPidNamespace === true || RUNTIMES.includes(baseName(binary).split(':')[0] ?? '');
}
