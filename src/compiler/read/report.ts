import type { Fault } from '../model/faults.ts';
import type { Notice, NoticeCode } from '../model/notices.ts';
import { type Path, toPointer } from '../model/pointer.ts';
import type { Source } from '../model/workload.ts';
import { type ImageIndex, NO_IMAGES } from './images/image-index.ts';

/**
 * Gathers what is wrong with one object of a body, and what its author should know. Paths that are passed to it
 * lead from the root of the object; those in faults and notices lead from the root of the document. It also hands the
 * readers what is known of images.
 */
export class Report {
  /** Where the object stands. */
  readonly source: Source;
  /** The workload that notices are about, `<namespace>/<name>`; empty before it is known. */
  service = '';
  readonly images: ImageIndex;
  /** Where the author wrote what a reader finds at a path: defaults are filled in before an object is read. */
  originOf: (path: Path) => Path = (path) => path;
  private readonly faults: Fault[];
  /** How many faults of earlier objects there are. */
  private readonly first: number;
  private readonly notices: Notice[];

  /** `faults` and `notices` are lists that the reports of all objects of a body append to. */
  constructor(source: Source, faults: Fault[], notices: Notice[], images: ImageIndex = NO_IMAGES) {
    this.source = source;
    this.images = images;
    this.faults = faults;
    this.first = faults.length;
    this.notices = notices;
  }

  /** A path from the root of the object, as one from the root of the document. */
  absolute(path: Path): Path {
    return [...this.source.path, ...this.originOf(path)];
  }

  /** Adds a fault: the object cannot be compiled as it is. */
  fault(path: Path, message: string): void {
    this.faults.push({ document: this.source.document, path: this.absolute(path), message });
  }

  /** Whether a fault has been added for the value at this path. */
  hasFaultAt(path: Path): boolean {
    const pointer = toPointer(this.absolute(path));
    return this.faults.some(
      (fault) => fault.document === this.source.document && toPointer(fault.path) === pointer,
    );
  }

  /** Whether this report has a fault for the value at this path, or for one that holds it. */
  hasFaultAround(path: Path): boolean {
    const pointer = toPointer(this.absolute(path));
    return this.faults.slice(this.first).some((fault) => {
      const around = toPointer(fault.path);
      return around !== '' && (pointer === around || pointer.startsWith(`${around}/`));
    });
  }

  /** Adds a notice. `container` is the name of the container that it is about, if it is one. */
  note(code: NoticeCode, path: Path, message: string, container?: string): void {
    this.notices.push({
      code,
      service: this.service,
      ...(container === undefined ? {} : { container }),
      message,
      document: this.source.document,
      path: this.absolute(path),
    });
  }

  /** How many faults there are of all objects so far. A reader compares it to learn whether it has added one. */
  get faultCount(): number {
    return this.faults.length;
  }
}
