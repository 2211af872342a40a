import type { Change, Command, Conditions, Outcome, PolicySet, VersionSummary } from './change.ts';
import { type AliasTarget, KEYS, type VersionPointer } from './kv-keys.ts';
import type { Outbox } from './outbox.ts';
import type { Person } from './person.ts';
import { pointersOf, summaryOfSet } from './pointers.ts';
import { referenceKind } from './references.ts';

/** How long an idempotency key is remembered, in milliseconds: a day. */
export const KEY_LIFETIME = 86_400_000;

/** An entry of a page, newest first. */
interface Page<T> {
  readonly items: readonly T[];
  /** The number after which the next page begins; undefined on the last. */
  readonly next: number | undefined;
}

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
const VERSION_COLUMNS = 'version, digest, contentDigest, policies, tests, bytes, message, author, createdAt';

/** Versions, with what is known of who published them: of old ones nothing is. */
const VERSIONS = `SELECT ${VERSION_COLUMNS}, "by", person, personName
  FROM versions LEFT JOIN publications USING (version)`;
type PublishedRow = VersionRow & { by: string | null; person: string | null; personName: string | null };

/** A column that an older row has no value in is null. */
function personOf({
  person,
  personName,
}: {
  person: string | null;
  personName: string | null;
}): Person | null {
  return person === null ? null : { id: person, name: personName ?? '' };
}

function summaryOf({ by, person, personName, ...version }: PublishedRow): VersionSummary {
  const known = personOf({ person, personName });
  return { ...version, publishedBy: by === null || known === null ? null : { caller: by, person: known } };
}

type SetRow = { name: string; description: string; archived: number; createdAt: string; revision: number };

/**
 * The state of one policy set in SQLite. Each write is one transaction over the set, its history, the
 * answer for its idempotency key, and what KV must learn of it: all of it happens, or none.
 */
export class Ledger {
  private readonly storage: DurableObjectStorage;
  private readonly sql: SqlStorage;
  private readonly outbox: Outbox;

  constructor(storage: DurableObjectStorage, outbox: Outbox) {
    this.storage = storage;
    this.sql = storage.sql;
    this.outbox = outbox;
    this.sql.exec(`
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

  /** The set, or undefined before it is created. */
  read(): PolicySet | undefined {
    const row = this.first<SetRow>('SELECT * FROM policySet');
    if (row === undefined) return undefined;
    const corpus = this.first<{ digest: string; services: number; updatedAt: string }>(
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

  /** The version that a reference leads to now. */
  find(reference: string): VersionSummary | undefined {
    const kind = referenceKind(reference);
    if (kind === 'number') return this.version(`${VERSIONS} WHERE version = ?`, Number(reference));
    if (kind === 'digest') return this.version(`${VERSIONS} WHERE digest = ?`, reference);
    return this.version(`${VERSIONS} JOIN aliases USING (version) WHERE alias = ?`, reference);
  }

  private version(query: string, ...bindings: SqlStorageValue[]): VersionSummary | undefined {
    const row = this.first<PublishedRow>(query, ...bindings);
    return row && summaryOf(row);
  }

  /** Versions below a number, newest first. */
  versions(below: number, limit: number): Page<VersionSummary> {
    const rows = this.sql
      .exec<PublishedRow>(`${VERSIONS} WHERE version < ? ORDER BY version DESC LIMIT ?`, below, limit + 1)
      .toArray();
    return page(rows.map(summaryOf), limit, ({ version }) => version);
  }

  /** Changes below a revision, newest first. */
  history(below: number, limit: number): Page<Change> {
    const rows = this.sql
      .exec<Omit<Change, 'person'> & { person: string | null; personName: string | null }>(
        `SELECT history.*, person, personName FROM history LEFT JOIN people USING (revision)
         WHERE revision < ? ORDER BY revision DESC LIMIT ?`,
        below,
        limit + 1,
      )
      .toArray();
    const changes = rows.map(
      ({ person, personName, ...change }): Change => ({
        ...change,
        person: personOf({ person, personName }),
      }),
    );
    return page(changes, limit, ({ revision }) => revision);
  }

  /** The stored corpus, as it was given. */
  corpus(): { text: string; syntax: 'json' | 'yaml' } | undefined {
    return this.first('SELECT text, syntax FROM corpus');
  }

  /** What became of a request before, if it is known by its key. */
  replay(idempotency: Conditions['idempotency']): Outcome | undefined {
    if (idempotency === undefined) return undefined;
    const held = this.first<{ fingerprint: string; outcome: string }>(
      'SELECT fingerprint, outcome FROM answers WHERE key = ? AND expires > ?',
      idempotency.key,
      Date.now(),
    );
    if (held === undefined) return undefined;
    return held.fingerprint === idempotency.fingerprint ? JSON.parse(held.outcome) : { kind: 'key-reused' };
  }

  /** Does a write, or says why not. Nothing is left half done. */
  apply(name: string, command: Command, { revisions, idempotency }: Conditions, twoPeople: boolean): Outcome {
    return this.storage.transactionSync(() => {
      const replayed = this.replay(idempotency);
      if (replayed !== undefined) return replayed;
      const set = this.read();
      const refused = refusal(set, command, revisions) ?? (twoPeople ? this.samePerson(command) : undefined);
      if (refused !== undefined) return refused;
      const outcome = this.perform(name, set, command);
      if (outcome.kind === 'done' && idempotency !== undefined) {
        this.sql.exec(
          'INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)',
          idempotency.key,
          idempotency.fingerprint,
          JSON.stringify(outcome),
          Date.now() + KEY_LIFETIME,
        );
      }
      return outcome;
    });
  }

  /** Refuses to let a person activate what they published, or what nobody known did. */
  private samePerson(command: Command): Outcome | undefined {
    if (command.kind !== 'point') return undefined;
    const version = this.find(command.reference)?.version;
    if (version === undefined) return undefined;
    const publisher = this.first<{ person: string }>(
      'SELECT person FROM publishers WHERE version = ?',
      version,
    );
    return publisher === undefined || publisher.person === command.person.id
      ? { kind: 'same-person', version }
      : undefined;
  }

  private perform(name: string, set: PolicySet | undefined, command: Command): Outcome {
    switch (command.kind) {
      case 'create':
        this.sql.exec('INSERT INTO policySet VALUES (?, ?, 0, ?, 0)', name, command.description, command.at);
        return this.changed(command, { kind: 'created', alias: null, before: null, after: null }, true);
      case 'publish':
        return this.publish(name, command);
      case 'point':
        return this.point(name, command);
      case 'archive':
      case 'restore': {
        const archived = command.kind === 'archive';
        if (set?.archived === archived) return { kind: 'done', changed: false, set };
        this.sql.exec('UPDATE policySet SET archived = ?', archived ? 1 : 0);
        for (const { alias, version, digest } of set?.aliases ?? [])
          this.tell(KEYS.alias(name, alias), archived ? { archived } : { version, digest });
        const kind = archived ? 'archived' : 'restored';
        return this.changed(command, { kind, alias: null, before: null, after: null }, true);
      }
      case 'store-corpus': {
        const before = set?.corpus?.digest ?? null;
        this.sql.exec(
          'INSERT OR REPLACE INTO corpus VALUES (1, ?, ?, ?, ?, ?)',
          command.text,
          command.syntax,
          command.digest,
          command.services,
          command.at,
        );
        return this.changed(command, { kind: 'corpus-stored', alias: null, before, after: command.digest });
      }
    }
  }

  private publish(name: string, command: Extract<Command, { kind: 'publish' }>): Outcome {
    const same = this.version(`${VERSIONS} WHERE contentDigest = ?`, command.summary.contentDigest);
    const set = this.read();
    if (same !== undefined && set !== undefined) return { kind: 'done', changed: false, set, version: same };
    const before = set?.latest?.version ?? 0;
    const { by, person } = command;
    const publishedBy = { caller: by, person };
    const version: VersionSummary = { version: before + 1, ...command.summary, publishedBy };
    this.sql.exec(
      `INSERT INTO versions (${VERSION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      version.version,
      version.digest,
      version.contentDigest,
      version.policies,
      version.tests,
      version.bytes,
      version.message,
      version.author,
      version.createdAt,
    );
    this.sql.exec('INSERT INTO publishers VALUES (?, ?)', version.version, person.id);
    this.sql.exec(
      'INSERT INTO publications VALUES (?, ?, ?, ?)',
      version.version,
      by,
      person.id,
      person.name,
    );
    const pointer: VersionPointer = { version: version.version, digest: version.digest };
    const needs = KEYS.body(version.digest);
    // What leads to the version waits for its body alone: who does not find the rest makes it anew.
    for (const [key, value] of command.parts) this.outbox.add('body', key, value);
    this.outbox.add('body', needs, command.body);
    this.outbox.add('pointer', KEYS.version(name, String(version.version)), JSON.stringify(pointer), {
      needs,
    });
    this.outbox.add('pointer', KEYS.digest(name, version.digest), JSON.stringify(pointer), { needs });
    const outcome = this.changed(command, {
      kind: 'published',
      alias: null,
      before: before === 0 ? null : String(before),
      after: String(version.version),
    });
    return { ...outcome, version };
  }

  /** Has KV told again of what it lacks: of contents as they are given, of pointers as they are now. */
  tellAgain(
    version: VersionPointer,
    contents: readonly (readonly [key: string, value: string])[],
    keys: readonly string[],
  ): void {
    this.storage.transactionSync(() => {
      for (const [key, value] of contents) this.outbox.add('body', key, value);
      const set = this.read();
      // As they are now: since somebody looked, an alias may have been moved.
      for (const { rank, key, value, needs, metadata } of set === undefined ? [] : pointersOf(set, version))
        if (keys.includes(key)) this.outbox.add(rank, key, value, { needs, metadata });
    });
  }

  private point(name: string, command: Extract<Command, { kind: 'point' }>): Outcome {
    const { alias, reference, at } = command;
    const target = this.find(reference);
    if (target === undefined) return { kind: 'version-not-found', reference };
    const set = this.read();
    const held = set?.aliases.find((each) => each.alias === alias);
    if (set !== undefined && held?.version === target.version)
      return { kind: 'done', changed: false, set, alias: held };
    const { version, digest } = target;
    this.sql.exec('INSERT OR REPLACE INTO aliases VALUES (?, ?, ?)', alias, version, at);
    this.tell(KEYS.alias(name, alias), { version, digest });
    const outcome = this.changed(command, {
      kind: 'pointed',
      alias,
      before: held === undefined ? null : String(held.version),
      after: String(version),
    });
    return { ...outcome, alias: { alias, version, digest, since: at } };
  }

  private tell(key: string, target: AliasTarget): void {
    const needs = 'archived' in target ? null : KEYS.body(target.digest);
    this.outbox.add('mutable', key, JSON.stringify(target), { needs });
  }

  /** Enters a change into the history, under the next revision. */
  private changed(
    { at, by, person, reason }: Command,
    { kind, alias, before, after }: Pick<Change, 'kind' | 'alias' | 'before' | 'after'>,
    summaryChanged = false,
  ): Extract<Outcome, { kind: 'done' }> {
    this.sql.exec('UPDATE policySet SET revision = revision + 1');
    const set = this.read();
    if (set === undefined) throw new Error('A change without a policy set.');
    this.sql.exec(
      'INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      set.revision,
      kind,
      at,
      by,
      reason,
      alias,
      before,
      after,
    );
    this.sql.exec('INSERT INTO people VALUES (?, ?, ?)', set.revision, person.id, person.name);
    if (summaryChanged) {
      const text = JSON.stringify(summaryOfSet(set));
      this.outbox.add('mutable', KEYS.set(set.name), text, { metadata: text });
    }
    return { kind: 'done', changed: true, set };
  }

  /** Forgets idempotency keys whose time is over. When the next one's is, in milliseconds of the epoch. */
  forgetKeys(now: number): number | undefined {
    this.sql.exec('DELETE FROM answers WHERE expires <= ?', now);
    return (
      this.first<{ expires: number | null }>('SELECT MIN(expires) AS expires FROM answers')?.expires ??
      undefined
    );
  }

  private first<T extends Record<string, SqlStorageValue>>(
    query: string,
    ...bindings: SqlStorageValue[]
  ): T | undefined {
    return this.sql.exec<T>(query, ...bindings).toArray()[0];
  }
}

function refusal(
  set: PolicySet | undefined,
  { kind }: Command,
  revisions: Conditions['revisions'],
): Outcome | undefined {
  if (kind === 'create') return set === undefined ? undefined : { kind: 'exists' };
  if (set === undefined) return { kind: 'not-found' };
  if (revisions !== 'any' && !revisions.includes(set.revision))
    return { kind: 'stale', revision: set.revision };
  if (set.archived && kind !== 'archive' && kind !== 'restore') return { kind: 'archived' };
  return undefined;
}

function page<T>(rows: readonly T[], limit: number, numberOf: (row: T) => number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? numberOf(last) : undefined };
}
