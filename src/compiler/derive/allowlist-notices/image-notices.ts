import type { MatchedImage } from '../../model/image.ts';
import type { Notice, NoticeCode } from '../../model/notices.ts';
import type { Path } from '../../model/pointer.ts';
import { type Container, containerPlace, securityPlace, type Workload } from '../../model/workload.ts';
import type { ContainerBinaries } from '../container-binaries.ts';
import { type AllowlistOptions, allowlistNotice } from './allowlist-notice.ts';
import { entrypointMessage, eventsMessage } from './image-messages.ts';
import { shellFormMessages } from './shell-form-messages.ts';

/**
 * Notices about what was taken from the config of a container's image: its entrypoints, the tag that it was found by, and
 * its user. Of what is executed they show the first word alone, because the others may be secrets.
 */
export function imageNotices(
  workload: Workload,
  { container, byImage, declared, uncertain }: ContainerBinaries,
  options: AllowlistOptions,
): Notice[] {
  const { knownImage } = container;
  if (knownImage === undefined) return [];
  const notice = (code: NoticeCode, path: Path, message: string): Notice =>
    allowlistNotice(workload, code, path, message, container);
  const unlisted = new Set(uncertain.map(({ words }) => words));
  // A container that may run any binary by its own word takes nothing from the config.
  const isAny = declared.some(({ binary }) => binary === '*');
  const entrypoints = isAny
    ? []
    : [
        ...uncertain.map((action) =>
          notice('EntrypointNeedsEvents', action.path, eventsMessage(workload, action, options)),
        ),
        ...byImage
          .filter(({ action }) => !unlisted.has(action.words))
          .map((each) =>
            notice('EntrypointOfImage', each.action.path, entrypointMessage(each, knownImage, options)),
          ),
        ...shellFormMessages(container).map((message) =>
          notice('ShellFormEntrypoint', containerPlace(container, 'image'), message),
        ),
      ];
  const user = userMessage(container, knownImage);
  const notices = [
    ...distinct(entrypoints),
    ...(user === undefined
      ? []
      : [notice('ImageUserRefused', securityPlace(container, 'runAsNonRoot'), user)]),
  ];
  if (knownImage.matchedBy === 'digest' || notices.length === 0) return notices;
  const moves = `The config of the image was found by the reference ${knownImage.name}. A tag can be moved to another image, which may start something else. Name the image by its digest, in the workload and beside the config.`;
  return [...notices, notice('ImageMatchedByTag', containerPlace(container, 'image'), moves)];
}

/** Several probes of a container often run the same program. */
function distinct(notices: readonly Notice[]): Notice[] {
  const seen = new Set<string>();
  return notices.filter(({ code, message }) => {
    const key = `${code}\n${message}`;
    return !seen.has(key) && seen.add(key);
  });
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
