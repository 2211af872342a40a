import type { Notice, NoticeCode } from '../../model/notices.ts';
import type { CompileOptions } from '../../model/options.ts';
import type { Path } from '../../model/pointer.ts';
import { type Container, type Workload, workloadId } from '../../model/workload.ts';

/** The compile options that decide what an allowlist kills. */
export type AllowlistOptions = Pick<CompileOptions, 'mode' | 'scope' | 'pathMatching' | 'mergedUsr'>;

/**
 * Makes a notice about a workload, or about one container of it.
 *
 * @param path The place of the value that the notice is about.
 */
export function allowlistNotice(
  workload: Workload,
  code: NoticeCode,
  path: Path,
  message: string,
  container?: Pick<Container, 'name'>,
): Notice {
  return {
    code,
    service: workloadId(workload),
    ...(container === undefined ? {} : { container: container.name }),
    message,
    document: workload.source.document,
    path,
  };
}
