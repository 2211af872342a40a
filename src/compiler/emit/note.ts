import type { Notice, NoticeCode } from '../model/notices.ts';
import { compareText } from '../model/ordered.ts';
import { type Path, toPointer } from '../model/pointer.ts';
import { type Workload, workloadId } from '../model/workload.ts';

/**
 * Adds a notice for the author of a workload.
 *
 * @param path The place of the value that the notice is about.
 * @param container The name of the container that it is about, when it is about one.
 */
export type Note = (code: NoticeCode, message: string, path: Path, container?: string) => void;

/** Makes a {@link Note} that appends notices about a workload to a list. */
export function noteTo(notices: Notice[], workload: Workload): Note {
  return (code, message, path, container) => {
    notices.push({
      code,
      service: workloadId(workload),
      ...(container === undefined ? {} : { container }),
      message,
      document: workload.source.document,
      path,
    });
  };
}

/** Compares two notices for sorting: by code, container, message and place. */
export function compareNotices(a: Notice, b: Notice): number {
  return (
    compareText(a.code, b.code) ||
    compareText(a.container ?? '', b.container ?? '') ||
    compareText(a.message, b.message) ||
    compareText(toPointer(a.path), toPointer(b.path))
  );
}
