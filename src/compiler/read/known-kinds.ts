import type { AddedKind } from '../model/workload-kinds.ts';
import { rowOf } from './kinds/added-kinds.ts';
import { readKind } from './kinds/read-kind.ts';
import { KIND_NAMES, type Reader, readerOf } from './readers.ts';

/** The kinds of workloads that are known. */
export interface KnownKinds {
  /** The reader of a kind in one version; undefined when there is none. */
  readerOf(apiVersion: string, kind: string): Reader | undefined;
  /** Whether a kind is known to make pods, in whichever version of its group. */
  makesPods(apiVersion: string, kind: string): boolean;
}

/**
 * The kinds that are always known, and those that a policy set adds. The former win: a kind that a policy set has added
 * may have become one of them.
 *
 * @example
 * knownKinds().makesPods('apps/v1beta1', 'Deployment'); // => true
 * knownKinds().readerOf('apps/v1beta1', 'Deployment'); // => undefined
 */
export function knownKinds(added: readonly AddedKind[] = []): KnownKinds {
  const readers = new Map<string, Reader>();
  const names = new Set<string>();
  for (const kind of added) {
    const row = rowOf(kind);
    names.add(`${row.group} ${row.kind}`);
    for (const version of row.versions) {
      readers.set(`${row.group}/${version} ${row.kind}`, (report, value, namespace) =>
        readKind(row, report, value, namespace),
      );
    }
  }
  return {
    readerOf: (apiVersion, kind) => readerOf(apiVersion, kind) ?? readers.get(`${apiVersion} ${kind}`),
    makesPods: (apiVersion, kind) => {
      const name = `${groupOf(apiVersion)} ${kind}`;
      return ALWAYS_KNOWN.has(name) || names.has(name);
    },
  };
}

/** The groups and kinds that are always known. */
const ALWAYS_KNOWN: ReadonlySet<string> = new Set(
  KIND_NAMES.map(([apiVersion, kind]) => `${groupOf(apiVersion)} ${kind}`),
);

/** The API group of an apiVersion; empty for the core group. */
function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
