import type { Notice, NoticeCode } from '../model/notices.ts';
import { compareText } from '../model/ordered.ts';
import { type Path, toPointer } from '../model/pointer.ts';
import { type Workload, workloadId } from '../model/workload.ts';

/** Tells the author of a workload something: what, in words, because of which value, and of which container. */
export type Note = (code: NoticeCode, message: string, path: Path, container?: string) => void;

/** Makes a {@link Note} that adds its notices about a workload to a list. */
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

/** The order of notices: by code, container, message and place. */
export function compareNotices(a: Notice, b: Notice): number {
  return (
    compareText(a.code, b.code) ||
    compareText(a.container ?? '', b.container ?? '') ||
    compareText(a.message, b.message) ||
    compareText(toPointer(a.path), toPointer(b.path))
  );
}
