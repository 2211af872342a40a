/**
 * The writes from a Durable Object to KV, which are repeated until KV has taken them.
 * @module
 */
import { pause } from '../cedar/pieces.ts';
import { within } from './time-limit.ts';

/** The order of writes: no pointer may be in KV before the body that it leads to. */
const RANKS = { body: 0, pointer: 1, mutable: 2 } as const;

/** A pending write, without its value. */
type Row = {
  key: string;
  rank: number;
  sequence: number;
  metadata: string | null;
  attempts: number;
  confirming: number;
};

/** How long a write to KV may take before it counts as failed, in milliseconds. */
const WRITE_TIMEOUT = 10_000;

/** How many writes to KV run at once. A Worker has six connections. */
const PARALLEL = 6;

/** How many writes one run makes at most. One invocation of a Durable Object may make 1,000 requests. */
const RUN = 900;

/**
 * How many UTF-16 code units of a value one row holds. A value in the SQLite of a Durable Object has at most 2 MB,
 * and a code unit takes up to 3 bytes.
 */
const PIECE = 500_000;

/** The condition for rows that wait for no other one. */
const SENDABLE = 'WHERE (needs IS NULL OR needs NOT IN (SELECT key FROM outbox))';

/**
 * The longest wait between two attempts, and the time that a failed write may still take to land, in milliseconds.
 */
const MINUTE = 60_000;

/**
 * The pending writes to KV, kept in SQLite beside the state that they follow from. Each is repeated until it lands:
 * bodies first, then the pointers to them, then aliases.
 *
 * A write that timed out may still land, even after a later write to the same key. So a key whose value can change is
 * written once more, a minute after an attempt that may have failed.
 */
export class Outbox {
  private readonly sql: SqlStorage;
  private readonly kv: () => Pick<KVNamespace, 'put'>;
  private readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
  private running: Promise<void> | undefined;
  private queued: Promise<void> | undefined;

  /**
   * Creates the tables where they do not exist yet.
   *
   * @param kv Gives the KV namespace to write to.
   * @param report Logs an event with its details.
   */
  constructor(
    sql: SqlStorage,
    kv: () => Pick<KVNamespace, 'put'>,
    report: (event: string, details: Readonly<Record<string, unknown>>) => void,
  ) {
    this.sql = sql;
    this.kv = kv;
    this.report = report;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS outbox (
        key TEXT PRIMARY KEY, rank INTEGER NOT NULL, sequence INTEGER NOT NULL, value TEXT NOT NULL,
        metadata TEXT, needs TEXT, attempts INTEGER NOT NULL, confirming INTEGER NOT NULL, due INTEGER NOT NULL
      );
      CREATE TABLE IF NOT EXISTS pieces (
        key TEXT NOT NULL, place INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (key, place)
      );
      CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL);
      INSERT OR IGNORE INTO counter VALUES (1, 0);
    `);
  }

  /**
   * Adds a write, in the transaction of the state that it follows from. It replaces a pending write to the same key.
   *
   * @param needs A key that must land before this one.
   * @param metadata The metadata of the key in KV, as JSON.
   */
  add(
    rank: keyof typeof RANKS,
    key: string,
    value: string,
    { needs = null, metadata = null }: { needs?: string | null; metadata?: string | null } = {},
  ): void {
    this.sql.exec('UPDATE counter SET value = value + 1');
    const [first = '', ...pieces] = piecesOf(value);
    this.sql.exec('DELETE FROM pieces WHERE key = ?', key);
    for (const [place, text] of pieces.entries())
      this.sql.exec('INSERT INTO pieces VALUES (?, ?, ?)', key, place, text);
    // The attempts of the older write stay counted, because one of them may still land.
    this.sql.exec(
      `INSERT INTO outbox SELECT ?, ?, value, ?, ?, ?, 0, 0, 0 FROM counter WHERE true
       ON CONFLICT (key) DO UPDATE SET rank = excluded.rank, sequence = excluded.sequence, value = excluded.value,
         metadata = excluded.metadata, needs = excluded.needs, confirming = 0, due = 0`,
      key,
      RANKS[rank],
      first,
      metadata,
      needs,
    );
  }

  /** The pending value of a key; undefined when no write to it is pending. */
  pendingValue(key: string): string | undefined {
    return this.rowOf(key)?.value;
  }

  /** The pending write to a key, with its whole value. */
  private rowOf(key: string): { sequence: number; value: string } | undefined {
    const [row] = this.sql
      .exec<{ sequence: number; value: string }>('SELECT sequence, value FROM outbox WHERE key = ?', key)
      .toArray();
    if (row === undefined) return undefined;
    const pieces = this.sql
      .exec<{ text: string }>('SELECT text FROM pieces WHERE key = ? ORDER BY place', key)
      .toArray();
    return { sequence: row.sequence, value: row.value + pieces.map(({ text }) => text).join('') };
  }

  /** How many writes have not landed yet. */
  pending(): number {
    return this.sql.exec<{ count: number }>('SELECT COUNT(*) AS count FROM outbox WHERE confirming = 0').one()
      .count;
  }

  /** When the next write is due, in milliseconds since the epoch; undefined when there is none. */
  nextDue(): number | undefined {
    return (
      this.sql.exec<{ due: number | null }>(`SELECT MIN(due) AS due FROM outbox ${SENDABLE}`).one().due ??
      undefined
    );
  }

  /**
   * Makes the writes that are due. Runs never overlap, because an older value could land last otherwise. Everybody
   * who calls during a run shares the next one.
   */
  flush(): Promise<void> {
    if (this.running === undefined) {
      this.running = this.run().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    this.queued ??= this.running.then(() => {
      this.queued = undefined;
      return this.flush();
    });
    return this.queued;
  }

  /** Makes the writes that are due, rank by rank. */
  private async run(): Promise<void> {
    let budget = RUN;
    for (const rank of Object.values(RANKS)) {
      const rows = this.sql
        .exec<Row>(
          `SELECT key, rank, sequence, metadata, attempts, confirming FROM outbox ${SENDABLE}
           AND due <= ? AND rank = ? ORDER BY sequence LIMIT ?`,
          Date.now(),
          rank,
          budget,
        )
        .toArray();
      budget -= rows.length;
      for (let index = 0; index < rows.length; index += PARALLEL) {
        // The pages of a large version are hundreds of writes. KV may be in the same process and answer at once.
        if (rows.length > PARALLEL) await pause();
        const sent = await Promise.all(rows.slice(index, index + PARALLEL).map((row) => this.send(row)));
        // When one write fails, the others of its rank are left for the next run: they would probably fail too.
        if (sent.includes(false)) break;
      }
    }
  }

  /** Makes one write. False when it failed; then it is due again later. */
  private async send({ key, rank, sequence, metadata, attempts, confirming }: Row): Promise<boolean> {
    const row = this.rowOf(key);
    // A newer write has replaced this one meanwhile, and is sent in its own turn.
    if (row?.sequence !== sequence) return true;
    // The attempt is counted before it is made. If the object dies meanwhile, the next one knows of the attempt.
    this.sql.exec('UPDATE outbox SET attempts = attempts + 1 WHERE key = ?', key);
    try {
      await within(
        WRITE_TIMEOUT,
        this.kv().put(key, row.value, metadata === null ? {} : { metadata: JSON.parse(metadata) }),
      );
    } catch (error) {
      const wait = Math.min(1_000 * 2 ** Math.min(attempts, 10), MINUTE);
      this.sql.exec(
        'UPDATE outbox SET due = ? WHERE key = ? AND sequence = ?',
        Date.now() + wait,
        key,
        sequence,
      );
      this.report('kv-write-failed', { key, attempts: attempts + 1, error: String(error) });
      return false;
    }
    if (rank === RANKS.mutable && attempts > 0 && confirming === 0) {
      this.sql.exec(
        'UPDATE outbox SET confirming = 1, due = ? WHERE key = ? AND sequence = ?',
        Date.now() + MINUTE,
        key,
        sequence,
      );
    } else {
      this.sql.exec('DELETE FROM outbox WHERE key = ? AND sequence = ?', key, sequence);
      // If a newer write is pending, the pieces belong to it and stay.
      this.sql.exec('DELETE FROM pieces WHERE key = ? AND key NOT IN (SELECT key FROM outbox)', key);
    }
    return true;
  }
}

/** Cuts a text into pieces, never between the halves of a surrogate pair: UTF-8 cannot write half of one. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const cut = at + PIECE;
    const end = /[\ud800-\udbff]/.test(text.charAt(cut - 1)) ? cut - 1 : cut;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}
