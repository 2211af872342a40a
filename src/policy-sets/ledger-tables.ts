/**
 * The SQL tables of a policy set in its Durable Object, the rows that queries give, and what the rows mean. Deployed
 * objects have these tables, so a new column needs a new table beside the old one.
 * @module
 */

import type { Person } from './person.ts';
import type { Change, VersionSummary } from './policy-set-schemas.ts';

/** Creates the tables that do not exist yet. */
export function createTables(sql: SqlStorage): void {
  sql.exec(`
      CREATE TABLE IF NOT EXISTS policySet (
        name TEXT PRIMARY KEY, description TEXT NOT NULL, archived INTEGER NOT NULL,
        createdAt TEXT NOT NULL, revision INTEGER NOT NULL
      );
      CREATE TABLE IF NOT EXISTS versions (
        version INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, contentDigest TEXT NOT NULL UNIQUE,
        policies INTEGER NOT NULL, tests INTEGER NOT NULL, bytes INTEGER NOT NULL,
        message TEXT NOT NULL, author TEXT NOT NULL, createdAt TEXT NOT NULL
      );
      CREATE TABLE IF NOT EXISTS publishers (version INTEGER PRIMARY KEY, person TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS aliases (
        alias TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES versions, since TEXT NOT NULL
      );
      CREATE TABLE IF NOT EXISTS history (
        revision INTEGER PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, "by" TEXT NOT NULL,
        reason TEXT NOT NULL, alias TEXT, "before" TEXT, "after" TEXT
      );
      CREATE TABLE IF NOT EXISTS publications (
        version INTEGER PRIMARY KEY, "by" TEXT NOT NULL, person TEXT NOT NULL, personName TEXT NOT NULL
      );
      CREATE TABLE IF NOT EXISTS people (
        revision INTEGER PRIMARY KEY, person TEXT NOT NULL, personName TEXT NOT NULL
      );
      CREATE TABLE IF NOT EXISTS corpus (
        id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL, syntax TEXT NOT NULL,
        digest TEXT NOT NULL, services INTEGER NOT NULL, updatedAt TEXT NOT NULL
      );
      CREATE TABLE IF NOT EXISTS answers (
        key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, outcome TEXT NOT NULL, expires INTEGER NOT NULL
      );
  `);
}

/** The first row of a query; undefined when there is none. */
export function firstRow<T extends Record<string, SqlStorageValue>>(
  sql: SqlStorage,
  query: string,
  ...bindings: SqlStorageValue[]
): T | undefined {
  return sql.exec<T>(query, ...bindings).toArray()[0];
}

/** The row of the table `policySet`, which has only one. */
export type SetRow = {
  name: string;
  description: string;
  archived: number;
  createdAt: string;
  revision: number;
};

type VersionRow = {
  version: number;
  digest: string;
  contentDigest: string;
  policies: number;
  tests: number;
  bytes: number;
  message: string;
  author: string;
  createdAt: string;
};

/** The columns of the table `versions`, in the order of its creation. */
export const VERSION_COLUMNS =
  'version, digest, contentDigest, policies, tests, bytes, message, author, createdAt';

/** The query for versions and who published them. Versions from before the table `publications` have no publisher. */
export const VERSIONS = `SELECT ${VERSION_COLUMNS}, "by", person, personName
  FROM versions LEFT JOIN publications USING (version)`;

/** A row of {@link VERSIONS}. */
export type PublishedRow = VersionRow & {
  by: string | null;
  person: string | null;
  personName: string | null;
};

/** The version that a row of {@link VERSIONS} describes. */
export function summaryOf({ by, person, personName, ...version }: PublishedRow): VersionSummary {
  const known = personOf({ person, personName });
  return { ...version, publishedBy: by === null || known === null ? null : { caller: by, person: known } };
}

/** The query for changes and who made them. Changes from before the table `people` have no person. */
export const CHANGES = 'SELECT history.*, person, personName FROM history LEFT JOIN people USING (revision)';

/** A row of {@link CHANGES}. */
export type ChangeRow = Omit<Change, 'person'> & { person: string | null; personName: string | null };

/** The change that a row of {@link CHANGES} describes. */
export function changeOf({ person, personName, ...change }: ChangeRow): Change {
  return { ...change, person: personOf({ person, personName }) };
}

/** The person of a row; null when the row is older than the table with people. */
function personOf({ person, personName }: Pick<PublishedRow, 'person' | 'personName'>): Person | null {
  return person === null ? null : { id: person, name: personName ?? '' };
}
