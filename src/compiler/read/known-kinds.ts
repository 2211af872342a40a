import type { AddedKind } from '../model/workload-kinds.ts';
import { rowOf } from './kinds/added-kinds.ts';
import { readKind } from './kinds/read-kind.ts';
import { type Reader, readerOf } from './readers.ts';

/** Finds the reader of a kind; there is none for a kind that is not known. */
export type FindReader = (apiVersion: string, kind: string) => Reader | undefined;

/**
 * Finds the readers of the kinds that are always known and of those that a policy set adds. The former win: a kind that
 * a policy set has added may have become one of them.
 */
export function knownKinds(added: readonly AddedKind[] = []): FindReader {
  if (added.length === 0) return readerOf;
  const readers = new Map<string, Reader>();
  for (const kind of added) {
    const row = rowOf(kind);
    for (const version of row.versions) {
      readers.set(`${row.group}/${version} ${row.kind}`, (report, value, namespace) =>
        readKind(row, report, value, namespace),
      );
    }
  }
  return (apiVersion, kind) => readerOf(apiVersion, kind) ?? readers.get(`${apiVersion} ${kind}`);
}
