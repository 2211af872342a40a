import type { Fault } from '../model/faults.ts';
import type { Notice, NoticeCode } from '../model/notices.ts';
import { type Path, toPointer } from '../model/pointer.ts';
import type { Source } from '../model/workload.ts';

/** Gathers what is wrong with one object of a body, and what its author should know. */
export class Report {
  readonly source: Source;
  /** The workload that notices are about; empty before it is known. */
  service = '';
  /** Where in the object something was written that a reader found at another place. */
  originOf: (path: Path) => Path = (path) => path;
  private readonly faults: Fault[];
  private readonly notices: Notice[];

  constructor(source: Source, faults: Fault[], notices: Notice[]) {
    this.source = source;
    this.faults = faults;
    this.notices = notices;
  }

  /** A path from the root of the object, as one from the root of the document. */
  absolute(path: Path): Path {
    return [...this.source.path, ...this.originOf(path)];
  }

  fault(path: Path, message: string): void {
    this.faults.push({ document: this.source.document, path: this.absolute(path), message });
  }

  /** Whether something is wrong with the value at this place already. */
  hasFaultAt(path: Path): boolean {
    const pointer = toPointer(this.absolute(path));
    return this.faults.some(
      (fault) => fault.document === this.source.document && toPointer(fault.path) === pointer,
    );
  }

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

  /** How many faults there are, of all objects so far. */
  get faultCount(): number {
    return this.faults.length;
  }
}
