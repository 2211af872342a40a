import { within } from './time-limit.ts';

/** The order in which KV learns of things: nothing may lead to what is not there yet. */
const RANKS = { body: 0, pointer: 1, mutable: 2 } as const;

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

/** Writes to KV at once: a Worker has six connections. */
const PARALLEL = 6;

/** Writes of one run: a Durable Object's invocation may not make more than 1,000 requests. */
const RUN = 900;

/** Characters that one row holds: a value of SQLite has at most 2 MB here, and a character up to 3 bytes. */
const PIECE = 500_000;

/** Rows that wait for no other. */
const SENDABLE = 'WHERE (needs IS NULL OR needs NOT IN (SELECT key FROM outbox))';

/** The longest wait between two attempts, and how long a doubtful write is given to land late. */
const MINUTE = 60_000;

/**
 * What KV is still to learn, kept in SQLite beside what it is about. Writes to KV are tried until they
 * land: bodies first, then what leads to them, then aliases.
 *
 * A write that timed out may still land, after a later one to the same key. So a key that can change is
 * written once more a minute after any doubtful attempt.
 */
export class Outbox {
  private readonly sql: SqlStorage;
  private readonly kv: () => Pick<KVNamespace, 'put'>;
  private readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
  private running: Promise<void> | undefined;
  private queued: Promise<void> | undefined;

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
   * Adds a write, in the transaction of what it tells of. It takes the place of an older one to its key.
   *
   * @param needs A key that must have landed before.
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
    // The attempts of the older one stay: they are why the key may be in doubt.
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

  /** A value that KV has yet to learn. */
  pendingValue(key: string): string | undefined {
    return this.rowOf(key)?.value;
  }

  /** What is to be sent under a key, its value put together. */
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

  /** How many writes have not landed. */
  pending(): number {
    return this.sql.exec<{ count: number }>('SELECT COUNT(*) AS count FROM outbox WHERE confirming = 0').one()
      .count;
  }

  /** When the next write is due, in milliseconds of the epoch; undefined when there is none. */
  nextDue(): number | undefined {
    return (
      this.sql.exec<{ due: number | null }>(`SELECT MIN(due) AS due FROM outbox ${SENDABLE}`).one().due ??
      undefined
    );
  }

  /**
   * Tries what is due. Runs never overlap, or an older value could land last; a caller who comes during
   * one shares the next.
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
        const sent = await Promise.all(rows.slice(index, index + PARALLEL).map((row) => this.send(row)));
        // Where some fail, the rest would: they are left for the next run.
        if (sent.includes(false)) break;
      }
    }
  }

  private async send({ key, rank, sequence, metadata, attempts, confirming }: Row): Promise<boolean> {
    const row = this.rowOf(key);
    // A newer one has taken its place meanwhile, and is sent in its turn.
    if (row?.sequence !== sequence) return true;
    // Counted before it is tried: an object that dies meanwhile knows that it may have been.
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
      // Those of a newer value stay.
      this.sql.exec('DELETE FROM pieces WHERE key = ? AND key NOT IN (SELECT key FROM outbox)', key);
    }
    return true;
  }
}

/** Cuts a text, but not between the halves of a surrogate pair: SQLite's UTF-8 has no halves. */
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
