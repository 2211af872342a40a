import { LIMITS } from '../../compiler/model/limits.ts';
import { pathProblem } from '../../compiler/model/paths.ts';
import type { Container, Workload } from '../../compiler/model/workload.ts';
import type { SourceDocument } from '../../compiler/read/documents/source-document.ts';
import type { ReadOptions } from '../../compiler/read/read-objects.ts';

/** What the allowlist of one container is to be. */
export interface AllowlistProposal {
  readonly workload: Workload;
  readonly container: Container;
  /** The complete new list, in the order in which it is to be written. */
  readonly allowedBinaries: readonly string[];
}

/** A proposal that was not carried out, and why. */
export interface RefusedProposal {
  readonly proposal: AllowlistProposal;
  /** A whole sentence or two for the author of the workload. */
  readonly reason: string;
}

/** A body whose workloads were read, and how. */
export interface WorkloadBody {
  readonly text: string;
  readonly syntax: 'json' | 'yaml';
  /** The documents of the text. */
  readonly documents: readonly SourceDocument[];
  /** The options by which its workloads were read. */
  readonly options?: ReadOptions;
}

/** Why a list cannot become an allowlist, or undefined if it can: learning proposes neither an empty one nor `*`. */
export function listProblem(binaries: readonly string[]): string | undefined {
  if (binaries.length === 0) return 'The proposed list is empty, and an empty list counts as none at all.';
  if (binaries.length > LIMITS.binaries)
    return `The proposed list has ${binaries.length} binaries; at most ${LIMITS.binaries} are taken.`;
  for (const binary of binaries) {
    const problem = pathProblem(binary);
    if (problem !== undefined) return `The proposed path ${JSON.stringify(binary.slice(0, 200))} ${problem}.`;
  }
  return undefined;
}

/** Whether two lists hold the same binaries, in any order. No list is not the same as an empty one. */
export function sameBinaries(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const left = new Set(a);
  const right = new Set(b);
  return left.size === right.size && [...left].every((binary) => right.has(binary));
}

/**
 * The binaries of a new list in an order that changes the old list as little as possible: what stays keeps its order,
 * and what is new stands at its place in the new list where the two orders agree, and behind the rest where they do not.
 *
 * @example
 * inOldOrder(['/b', '/c'], ['/a', '/b', '/c']); // => ['/a', '/b', '/c']
 * inOldOrder(['/c', '/b', '/x'], ['/a', '/b', '/c']); // => ['/c', '/b', '/a']
 */
export function inOldOrder(before: readonly string[], after: readonly string[]): string[] {
  const wanted = [...new Set(after)];
  const old = new Set(before);
  const isWanted = new Set(wanted);
  const staying = [...old].filter((binary) => isWanted.has(binary));
  const agrees = wanted
    .filter((binary) => old.has(binary))
    .every((binary, index) => binary === staying[index]);
  return agrees ? wanted : [...staying, ...wanted.filter((binary) => !old.has(binary))];
}
