/**
 * Reads the arguments of hooks in events. Source: `KprobeArgument` of Tetragon's API (tetragon.proto).
 *
 * | type in a policy | in an event |
 * | --- | --- |
 * | `file`, `path`, `dentry`, `linux_binprm` | `file_arg`, `path_arg`, `path_arg`, `linux_binprm_arg`: objects with `path` and `flags` |
 * | `string` | `string_arg`, a text |
 * | `int`, `uint32`, `uint64` | `int_arg` and `uint_arg`, numbers; `size_arg`, a text with the number |
 * | `cap_effective` and so on | `cap_effective_arg` and so on, texts of 16 hexadecimal digits |
 * @module
 */
import { isObject, numberIn, textIn } from './json-fields.ts';
import type { EventArg } from './tetragon-event.ts';

/** The most characters of a path that are taken. No path that the kernel takes has more bytes. */
const LONGEST_PATH = 4_096;

/** The flag of a path of which the agent could read only the end. */
const UNRESOLVED = 'unresolvedPathComponents';

/** The argument with a label, or else the one in a position: the policies of earlier releases label fewer. */
export function argOf(args: readonly EventArg[], label: string, position: number): EventArg | undefined {
  const labelled = args.find((arg) => arg.label === label);
  if (labelled !== undefined) return labelled;
  const there = args[position];
  return there?.label === '' ? there : undefined;
}

/**
 * The path of an argument; undefined where there is none, or the agent could not read all of it. It writes a lone `/` where
 * it found no path.
 */
export function pathOf(arg: EventArg | undefined): string | undefined {
  if (arg === undefined) return undefined;
  if (typeof arg.value === 'string') return arg.type === 'string_arg' ? whole(arg.value) : undefined;
  if (!isObject(arg.value) || textIn(arg.value, 'flags').includes(UNRESOLVED)) return undefined;
  return whole(textIn(arg.value, 'path'));
}

/** The number of an argument of 32 or 64 bits; undefined where it has none. */
export function numberOf(arg: EventArg | undefined): number | undefined {
  return arg === undefined ? undefined : numberIn({ [arg.type]: arg.value }, arg.type);
}

/** The mask of a set of capabilities; 0 where an argument has none. */
export function hexOf({ type, value }: EventArg): bigint {
  if (!/^(?:cap_[a-z]+|kernel_cap_t)_arg$/.test(type)) return 0n;
  return typeof value === 'string' && /^[0-9a-f]{1,16}$/i.test(value) ? BigInt(`0x${value}`) : 0n;
}

function whole(path: string): string | undefined {
  return path === '' || path === '/' || path.length > LONGEST_PATH ? undefined : path;
}
