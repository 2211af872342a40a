/**
 * Changes the state of a policy set in the SQL tables of its Durable Object.
 * @module
 */

import { type AliasTarget, KEYS, type VersionPointer } from './kv-keys.ts';
import type { LedgerReader } from './ledger-reader.ts';
import { firstRow, VERSION_COLUMNS } from './ledger-tables.ts';
import type { Outbox } from './outbox.ts';
import { pointersOf, summaryOfSet } from './pointers.ts';
import type { Change, PolicySet, VersionSummary } from './policy-set-schemas.ts';
import type { Command, Conditions, Outcome } from './set-command.ts';

/** How long an idempotency key is remembered, in milliseconds: a day. */
const KEY_LIFETIME = 86_400_000;

/**
 * The writer of one policy set. Each write is one transaction over the set, its history, the outcome for its
 * idempotency key, and the writes to KV that follow from it: all of it happens, or none.
 */
export class Ledger {
  private readonly storage: DurableObjectStorage;
  private readonly sql: SqlStorage;
  private readonly reader: LedgerReader;
  private readonly outbox: Outbox;

  /** The tables must exist. */
  constructor(storage: DurableObjectStorage, reader: LedgerReader, outbox: Outbox) {
    this.storage = storage;
    this.sql = storage.sql;
    this.reader = reader;
    this.outbox = outbox;
  }

  /**
   * Does a write in one transaction, or says why it is refused.
   *
   * @param twoPeople Whether the two-person rule holds: nobody may activate a version that they published.
   */
  apply(name: string, command: Command, { revisions, idempotency }: Conditions, twoPeople: boolean): Outcome {
    return this.storage.transactionSync(() => {
      const replayed = this.reader.replay(idempotency);
      if (replayed !== undefined) return replayed;
      const set = this.reader.read();
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

  /** Refuses to activate a version whose publisher is the same person, or is not known. */
  private samePerson(command: Command): Outcome | undefined {
    if (command.kind !== 'point') return undefined;
    const version = this.reader.find(command.reference)?.version;
    if (version === undefined) return undefined;
    const publisher = this.reader.publisherOf(version);
    return publisher === undefined || publisher === command.person.id
      ? { kind: 'same-person', version }
      : undefined;
  }

  /** Does a write that is not refused. */
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

  /** Adds a version, unless the set has one with the same content digest. */
  private publish(name: string, command: Extract<Command, { kind: 'publish' }>): Outcome {
    const same = this.reader.withContent(command.summary.contentDigest);
    const set = this.reader.read();
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
    // The pointers to the version wait for its body only. Whoever does not find the other parts makes them again.
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

  /**
   * Queues the parts of a version for KV again, where KV lost them.
   *
   * @param contents The lost bodies, pages and indexes, with their values.
   * @param keys The lost pointers. Their values are read again, because an alias may have moved meanwhile.
   */
  tellAgain(
    version: VersionPointer,
    contents: readonly (readonly [key: string, value: string])[],
    keys: readonly string[],
  ): void {
    this.storage.transactionSync(() => {
      for (const [key, value] of contents) this.outbox.add('body', key, value);
      const set = this.reader.read();
      for (const { rank, key, value, needs, metadata } of set === undefined ? [] : pointersOf(set, version))
        if (keys.includes(key)) this.outbox.add(rank, key, value, { needs, metadata });
    });
  }

  /** Makes an alias point at a version. */
  private point(name: string, command: Extract<Command, { kind: 'point' }>): Outcome {
    const { alias, reference, at } = command;
    const target = this.reader.find(reference);
    if (target === undefined) return { kind: 'version-not-found', reference };
    const set = this.reader.read();
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

  /** Queues the new target of an alias for KV, after the body that it leads to. */
  private tell(key: string, target: AliasTarget): void {
    const needs = 'archived' in target ? null : KEYS.body(target.digest);
    this.outbox.add('mutable', key, JSON.stringify(target), { needs });
  }

  /**
   * Enters a change into the history, under the next revision.
   *
   * @param summaryChanged Whether the list of sets shows the change, so that KV must learn of it.
   */
  private changed(
    { at, by, person, reason }: Command,
    { kind, alias, before, after }: Pick<Change, 'kind' | 'alias' | 'before' | 'after'>,
    summaryChanged = false,
  ): Extract<Outcome, { kind: 'done' }> {
    this.sql.exec('UPDATE policySet SET revision = revision + 1');
    const set = this.reader.read();
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

  /**
   * Forgets the idempotency keys that have expired.
   *
   * @param now The time, in milliseconds since the epoch.
   * @returns When the next key expires, in milliseconds since the epoch; undefined when there is none.
   */
  forgetKeys(now: number): number | undefined {
    this.sql.exec('DELETE FROM answers WHERE expires <= ?', now);
    const next = 'SELECT MIN(expires) AS expires FROM answers';
    return firstRow<{ expires: number | null }>(this.sql, next)?.expires ?? undefined;
  }
}

/** Why the state of a set does not allow a write; undefined when it does. */
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
