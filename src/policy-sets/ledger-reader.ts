/**
 * Reads the state of a policy set from the SQL tables of its Durable Object.
 * @module
 */

import {
  CHANGES,
  type ChangeRow,
  changeOf,
  firstRow,
  type PublishedRow,
  type SetRow,
  summaryOf,
  VERSIONS,
} from './ledger-tables.ts';
import type { Change, PolicySet, VersionSummary } from './policy-set-schemas.ts';
import { referenceKind } from './references.ts';
import type { Conditions, Outcome } from './set-command.ts';

/** A page of a list, newest first. */
export interface LedgerPage<T> {
  readonly items: readonly T[];
  /** The number below which the next page begins; undefined on the last page. */
  readonly next: number | undefined;
}

/** Reads the state of one policy set. The tables must exist. */
export class LedgerReader {
  private readonly sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.sql = sql;
  }

  /** The set; undefined before it is created. */
  read(): PolicySet | undefined {
    const row = firstRow<SetRow>(this.sql, 'SELECT * FROM policySet');
    if (row === undefined) return undefined;
    const corpus = firstRow<{ digest: string; services: number; updatedAt: string }>(
      this.sql,
      'SELECT digest, services, updatedAt FROM corpus',
    );
    return {
      name: row.name,
      description: row.description,
      archived: row.archived === 1,
      createdAt: row.createdAt,
      revision: row.revision,
      latest: this.version(`${VERSIONS} ORDER BY version DESC LIMIT 1`) ?? null,
      aliases: this.sql
        .exec<{ alias: string; version: number; digest: string; since: string }>(
          'SELECT alias, version, digest, since FROM aliases JOIN versions USING (version) ORDER BY alias',
        )
        .toArray(),
      corpus: corpus ?? null,
    };
  }

  /** The version that an alias, a number or a digest leads to now; undefined when there is none. */
  find(reference: string): VersionSummary | undefined {
    const kind = referenceKind(reference);
    if (kind === 'number') return this.version(`${VERSIONS} WHERE version = ?`, Number(reference));
    if (kind === 'digest') return this.version(`${VERSIONS} WHERE digest = ?`, reference);
    return this.version(`${VERSIONS} JOIN aliases USING (version) WHERE alias = ?`, reference);
  }

  /** The version with this content digest; undefined when there is none. */
  withContent(contentDigest: string): VersionSummary | undefined {
    return this.version(`${VERSIONS} WHERE contentDigest = ?`, contentDigest);
  }

  /** The id of the person who published a version; undefined when it is not known. */
  publisherOf(version: number): string | undefined {
    return firstRow<{ person: string }>(this.sql, 'SELECT person FROM publishers WHERE version = ?', version)
      ?.person;
  }

  /** The versions below a number, newest first. */
  versions(below: number, limit: number): LedgerPage<VersionSummary> {
    const rows = this.sql
      .exec<PublishedRow>(`${VERSIONS} WHERE version < ? ORDER BY version DESC LIMIT ?`, below, limit + 1)
      .toArray();
    return page(rows.map(summaryOf), limit, ({ version }) => version);
  }

  /** The changes below a revision, newest first. */
  history(below: number, limit: number): LedgerPage<Change> {
    const rows = this.sql
      .exec<ChangeRow>(`${CHANGES} WHERE revision < ? ORDER BY revision DESC LIMIT ?`, below, limit + 1)
      .toArray();
    return page(rows.map(changeOf), limit, ({ revision }) => revision);
  }

  /** The stored corpus, as it was sent. */
  corpus(): { text: string; syntax: 'json' | 'yaml' } | undefined {
    return firstRow(this.sql, 'SELECT text, syntax FROM corpus');
  }

  /** The outcome of an earlier request with the same idempotency key; undefined when there is none. */
  replay(idempotency: Conditions['idempotency']): Outcome | undefined {
    if (idempotency === undefined) return undefined;
    const held = firstRow<{ fingerprint: string; outcome: string }>(
      this.sql,
      'SELECT fingerprint, outcome FROM answers WHERE key = ? AND expires > ?',
      idempotency.key,
      Date.now(),
    );
    if (held === undefined) return undefined;
    return held.fingerprint === idempotency.fingerprint ? JSON.parse(held.outcome) : { kind: 'key-reused' };
  }

  private version(query: string, ...bindings: SqlStorageValue[]): VersionSummary | undefined {
    const row = firstRow<PublishedRow>(this.sql, query, ...bindings);
    return row && summaryOf(row);
  }
}

/** Cuts rows to a page. There is one row more than the page has, unless the page is the last. */
function page<T>(rows: readonly T[], limit: number, numberOf: (row: T) => number): LedgerPage<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? numberOf(last) : undefined };
}
