import { imageCommand } from '../../model/container-start.ts';
import { baseName } from '../../model/paths.ts';
import type { Container } from '../../model/workload.ts';
import { LAUNCHERS } from '../launchers.ts';

/**
 * What a notice says of ENTRYPOINT and CMD where they take effect and are lines for a shell. Nothing of the lines is
 * shown.
 */
export function shellFormMessages(container: Container): string[] {
  const command = imageCommand(container);
  if (command === undefined || container.knownImage === undefined) return [];
  const { entrypoint, cmd } = container.knownImage.facts;
  const ofEntrypoint = command.saidBy === 'ENTRYPOINT' ? shellOf(entrypoint) : undefined;
  const ofCmd = command.hasCmd ? shellOf(cmd) : undefined;
  const effect =
    command.saidBy === 'CMD' ? 'which starts what the line names' : 'which its ENTRYPOINT gets as arguments';
  return [
    ...(ofEntrypoint === undefined
      ? []
      : [
          `The ENTRYPOINT of the image is a line for the shell ${ofEntrypoint}. CMD, and the args of the container, are positional parameters of that line, and no command.`,
        ]),
    ...(ofCmd === undefined ? [] : [`The CMD of the image is a line for the shell ${ofCmd}, ${effect}.`]),
  ];
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
