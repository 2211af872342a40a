import { type FoundProgram, imageCommand } from '../../model/container-start.ts';
import type { MatchedImage } from '../../model/image.ts';
import type { Notice } from '../../model/notices.ts';
import { baseName } from '../../model/paths.ts';
import { type Container, imagePlace, securityPlace, type Workload } from '../../model/workload.ts';
import { allowedBinariesPlace } from '../allowed-binaries-place.ts';
import type { ContainerBinaries } from '../binaries.ts';
import type { ImageEntrypoint } from '../image-entrypoints.ts';
import { LAUNCHERS } from '../launchers.ts';
import { startedPrograms } from '../started-programs.ts';
import { type AllowlistOptions, allowlistNotice } from './allowlist-notice.ts';
import { listNames } from './list-names.ts';

/**
 * Notices about what was taken from the config of a container's image: its entrypoints, the tag that it was found by, and
 * its user. Of what is executed they show the first word alone, because the others may be secrets.
 */
export function imageNotices(
  workload: Workload,
  { container, byImage, declared }: ContainerBinaries,
  { mode, pathMatching }: Pick<AllowlistOptions, 'mode' | 'pathMatching'>,
): Notice[] {
  const { knownImage } = container;
  if (knownImage === undefined) return [];
  const user = userMessage(container, knownImage);
  const userNotices =
    user === undefined
      ? []
      : [
          allowlistNotice(
            workload,
            'ImageUserRefused',
            securityPlace(container, 'runAsNonRoot'),
            user,
            container,
          ),
        ];
  const isAny = declared.some(({ binary }) => binary === '*');
  const used = isAny ? [] : byImage;
  const entrypoints = used.map((each) =>
    each.others === undefined && declared.length === 0
      ? allowlistNotice(
          workload,
          'EntrypointNeedsEvents',
          each.action.path,
          eventsMessage(workload, each, mode),
          container,
        )
      : allowlistNotice(
          workload,
          'EntrypointOfImage',
          each.action.path,
          entrypointMessage(each, knownImage, pathMatching),
          container,
        ),
  );
  const notices = [
    ...distinct(entrypoints),
    ...(isAny ? [] : shellForms(workload, container)),
    ...userNotices,
  ];
  if (knownImage.matchedBy === 'digest' || notices.length === 0) return notices;
  const moves = `The config of the image was found by the reference ${knownImage.name}. A tag can be moved to another image, which may start something else. Name the image by its digest, in the workload and beside the config.`;
  return [
    ...notices,
    allowlistNotice(workload, 'ImageMatchedByTag', imagePlace(container), moves, container),
  ];
}

/** Several probes of a container often run the same program. */
function distinct(notices: readonly Notice[]): Notice[] {
  const seen = new Set<string>();
  return notices.filter(({ code, message }) => {
    const key = `${code}\n${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function entrypointMessage(
  { action, program, others }: ImageEntrypoint,
  { name }: MatchedImage,
  pathMatching: AllowlistOptions['pathMatching'],
): string {
  const word = JSON.stringify(action.binary);
  const subject = action.isOfImage
    ? `By the config of the image ${name}, the container starts ${word}`
    : `The container runs ${word}`;
  const further =
    others === undefined || others.length === 0
      ? ''
      : ' The programs that its arguments have it start are on the allowlist too.';
  const resolved =
    pathMatching === 'either'
      ? ''
      : ' With pathMatching=resolved, where it is a symbolic link, list the file that it leads to.';
  return `${subject}${whereFound(program, name)}.${further}${resolved}`;
}

/** The directory or directories in which an entrypoint was looked up, as the rest of a sentence. */
function whereFound({ how, paths, pathOf, hasRelative }: FoundProgram, image: string): string {
  if (how === 'absolute') return ', which is on the allowlist';
  if (how === 'workingDir') {
    return `, which in its working directory is ${listNames(paths)}, and that is on the allowlist. If it is a symbolic link, list the file that it leads to`;
  }
  const whose = {
    container: 'the PATH of the container',
    image: `the PATH of the image ${image}`,
    runtime: 'the PATH that container runtimes set by default, because the image sets none',
  }[pathOf ?? 'runtime'];
  const relative = hasRelative ? ' (its entries that are not absolute are left out)' : '';
  return `, which is looked up in ${whose}${relative}; the allowlist has every path that it can be: ${listNames(paths)}`;
}

function eventsMessage(
  workload: Workload,
  { action }: ImageEntrypoint,
  mode: AllowlistOptions['mode'],
): string {
  const what = startedPrograms(action.words)?.what ?? 'program';
  const who = action.isOfImage ? 'The image has the container start' : 'The container runs';
  const place = allowedBinariesPlace(workload);
  const now =
    mode === 'monitor'
      ? `mode=monitor takes the entrypoint for the list all the same, and its events name each other program that runs. List those in ${place} before mode=enforce`
      : `Compile with mode=monitor, which lists the entrypoint all the same: its events name each other program that runs. Then list those in ${place}`;
  return `${who} the ${what} ${JSON.stringify(action.binary)}, which starts other programs, and the config of an image does not tell which. An allowlist of the entrypoint alone would kill the first of them, so any binary may run. ${now}.`;
}

/** The notices that ENTRYPOINT or CMD is a line for a shell, where it takes effect. */
function shellForms(workload: Workload, container: Container): Notice[] {
  const command = imageCommand(container);
  if (command === undefined || container.knownImage === undefined) return [];
  const { entrypoint, cmd } = container.knownImage.facts;
  const shell = command.saidBy === 'ENTRYPOINT' ? shellOf(entrypoint) : undefined;
  const other = command.hasCmd ? shellOf(cmd) : undefined;
  const messages = [
    ...(shell === undefined
      ? []
      : [
          `The ENTRYPOINT of the image is a line for the shell ${shell}. CMD, and the args of the container, are positional parameters of that line, and no command.`,
        ]),
    ...(other === undefined
      ? []
      : [
          `The CMD of the image is a line for the shell ${other}, ${command.saidBy === 'CMD' ? 'which starts what the line names' : 'which its ENTRYPOINT gets as arguments'}.`,
        ]),
  ];
  return messages.map((message) =>
    allowlistNotice(workload, 'ShellFormEntrypoint', imagePlace(container), message, container),
  );
}

/**
 * The name of the shell in words that are what the shell form of a Dockerfile becomes: a shell, options with `-c` last,
 * and one line. Undefined for other words.
 */
function shellOf(words: readonly string[]): string | undefined {
  const [first = '', ...rest] = words;
  const name = baseName(first);
  if (!Object.hasOwn(LAUNCHERS, name) || LAUNCHERS[name]?.starts !== 'shell') return undefined;
  return rest.slice(0, -1).some((word) => /^-[A-Za-z]*c$/.test(word)) ? name : undefined;
}

/** Why the kubelet refuses the user of an image; undefined when it does not. */
function userMessage({ security }: Container, { facts, name }: MatchedImage): string | undefined {
  if (security.runAsNonRoot !== true || security.runAsUser !== undefined) return undefined;
  const [user = ''] = facts.user.split(':');
  const isNumber = /^[-+]?[0-9]+$/.test(user);
  if (isNumber && Number(user) !== 0) return undefined;
  const start = 'runAsNonRoot is true and runAsUser is not set,';
  if (user === '' || isNumber)
    return `${start} and the image ${name} runs as root: the kubelet will refuse to start it. Set runAsUser to a number other than 0.`;
  return `${start} and the user of the image ${name} is the name ${JSON.stringify(user.slice(0, 60))}: the kubelet cannot verify that it is not root, and will refuse to start it. Set runAsUser to the number of the user.`;
}
