import type { KnownImage } from '../compiler/model/image.ts';
import type { Notice } from '../compiler/model/notices.ts';
import { type Path, toPointer } from '../compiler/model/pointer.ts';
import type { Workload } from '../compiler/model/workload.ts';
import type { AddedKind } from '../compiler/model/workload-kinds.ts';
import type { Position } from '../compiler/read/documents/source-document.ts';
import type { StoredImage } from '../images/stored-image.ts';

/** Where the values of a body stand. */
export interface Places {
  /** The line and column of a value; undefined where the body has no such value. */
  locate(document: number, path: Path): Position | undefined;
  /** The JSON pointer to a value, where it is not simply its path. */
  pointerOf?(path: Path): string;
}

/** What may become known of a body after it was read for the first time. Later knowledge of one sort replaces earlier. */
interface Known {
  /** Images besides those of the request. */
  readonly images?: readonly KnownImage[];
  /** The kinds of workloads that a version of a policy set adds. */
  readonly kinds?: readonly AddedKind[];
}

/**
 * The workloads of a request body, the notices of reading them, and a way to find the line of every value. This is
 * what reading the body of a `/compile` request results in; everything after that works on it.
 */
export interface WorkloadBody extends Places {
  readonly workloads: readonly Workload[];
  readonly notices: readonly Notice[];
  /** What the request tells of images. */
  readonly images: readonly KnownImage[];
  /** What is stored of its images, by digest. */
  readonly stored?: ReadonlyMap<string, StoredImage>;
  /** Whether other kinds of workloads, if they were known, could make known more workloads in it. */
  readonly mayHoldMore: boolean;
  /** The same body, read with what is known besides. */
  readWith(known: Known): WorkloadBody;
}

/** The place of a value as answers state it. */
interface PlaceAnswer {
  readonly document: number;
  readonly pointer: string;
  readonly line?: number;
  readonly column?: number;
}

/** The place of a value of a body as answers state it. */
export function placeOf(
  { locate, pointerOf = toPointer }: Places,
  document: number,
  path: Path,
): PlaceAnswer {
  return { document, pointer: pointerOf(path), ...locate(document, path) };
}
