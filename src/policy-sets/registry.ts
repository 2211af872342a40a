import { DurableObject } from 'cloudflare:workers';
import { pause } from '../cedar/pieces.ts';
import { KEYS, type VersionPointer } from './kv-keys.ts';
import { Ledger } from './ledger.ts';
import { LedgerReader } from './ledger-reader.ts';
import { createTables } from './ledger-tables.ts';
import { Outbox } from './outbox.ts';
import type { Change, PolicySet, VersionSummary } from './policy-set-schemas.ts';
import type { Command, Conditions, Outcome } from './set-command.ts';

/** The bindings that the registry reads. */
interface RegistryBindings {
  readonly POLICY_SETS: KVNamespace;
  /** `on`: nobody may activate a version that they published. `off` or left out: they may. */
  readonly TWO_PERSON_RULE?: string;
}

/** A policy set, and how many writes to KV are still pending for it. */
export interface Standing {
  readonly set: PolicySet;
  readonly pendingWrites: number;
}

/** The parts of a set's storage. */
interface Books {
  readonly reader: LedgerReader;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
}

const NO_PAGE = { items: [], next: undefined };

/** How long after a commit the alarm writes to KV what the object did not write, because it died, in milliseconds. */
const SAFETY_NET = 15_000;

/** With more pages than this, a version is large. */
const MANY_PARTS = 10;

/**
 * The single writer of one policy set, a Durable Object. It numbers versions, moves aliases, keeps the history, and
 * writes to KV what requests read. Every change is committed before it is written to KV, and an alarm repeats the
 * writes that fail.
 */
export class PolicySetRegistry extends DurableObject<RegistryBindings> {
  /**
   * Undefined before the set is created, because a question about a set that does not exist must not store
   * anything.
   */
  private books: Books | undefined;

  constructor(context: DurableObjectState, bindings: RegistryBindings) {
    super(context, bindings);
    const { sql } = context.storage;
    if (sql.exec("SELECT name FROM sqlite_master WHERE name = 'policySet'").toArray().length > 0)
      this.books = this.open();
  }

  /** Opens the storage of the set, and creates its tables where they do not exist yet. */
  private open(): Books {
    const { storage } = this.ctx;
    const outbox = new Outbox(
      storage.sql,
      () => this.env.POLICY_SETS,
      (event, details) => console.error(JSON.stringify({ event, ...details })),
    );
    createTables(storage.sql);
    const reader = new LedgerReader(storage.sql);
    return { outbox, reader, ledger: new Ledger(storage, reader, outbox) };
  }

  /** The set; undefined when there is none. */
  read(): Standing | undefined {
    const { reader, outbox } = this.books ?? {};
    const set = reader?.read();
    return set === undefined ? undefined : { set, pendingWrites: outbox?.pending() ?? 0 };
  }

  /** What a write needs to know before it begins: the set, and the outcome of the same request, if it came before. */
  begin(idempotency: Conditions['idempotency']): {
    replayed: Outcome | undefined;
    standing: Standing | undefined;
  } {
    return { replayed: this.books?.reader.replay(idempotency), standing: this.read() };
  }

  /** The version that a reference leads to now, with its body while the body is not in KV yet. */
  find(reference: string): { summary: VersionSummary; body: string | undefined } | undefined {
    const summary = this.books?.reader.find(reference);
    return summary && { summary, body: this.books?.outbox.pendingValue(KEYS.body(summary.digest)) };
  }

  /** The versions below a number, newest first. */
  versions(below: number, limit: number): { items: readonly VersionSummary[]; next: number | undefined } {
    return this.books?.reader.versions(below, limit) ?? NO_PAGE;
  }

  /** The changes below a revision, newest first. */
  history(below: number, limit: number): { items: readonly Change[]; next: number | undefined } {
    return this.books?.reader.history(below, limit) ?? NO_PAGE;
  }

  /** The stored corpus, as it was sent. */
  corpus(): { text: string; syntax: 'json' | 'yaml' } | undefined {
    return this.books?.reader.corpus();
  }

  /** Does a write. When it returns, the write is durable, and KV has it too unless KV fails. */
  async write(name: string, command: Command, conditions: Conditions): Promise<Outcome> {
    const rule = this.env.TWO_PERSON_RULE ?? '';
    // The setting is checked here, because this object decides whatever Worker asks it.
    if (rule !== '' && rule !== 'on' && rule !== 'off') return { kind: 'not-configured' };
    if (this.books === undefined && command.kind !== 'create') return { kind: 'not-found' };
    // A large version has just arrived and is about to be written: other requests are answered in between.
    if (command.kind === 'publish' && command.parts.length > MANY_PARTS) await pause();
    this.books ??= this.open();
    const outcome = this.books.ledger.apply(name, command, conditions, rule === 'on');
    if (outcome.kind === 'done') {
      // There is no await before the commit, because storage writes without one between them are atomic.
      await this.ctx.storage.setAlarm(Date.now() + SAFETY_NET);
      await this.deliver();
    }
    return outcome;
  }

  /** Writes the lost parts of a version to KV again (see {@link Ledger.tellAgain}). */
  async tellAgain(
    version: VersionPointer,
    contents: readonly (readonly [key: string, value: string])[],
    keys: readonly string[],
  ): Promise<void> {
    if (this.books === undefined) return;
    this.books.ledger.tellAgain(version, contents, keys);
    await this.ctx.storage.setAlarm(Date.now() + SAFETY_NET);
    await this.deliver();
  }

  /** Repeats the writes to KV that are due. */
  override async alarm(): Promise<void> {
    await this.deliver();
  }

  /** Writes to KV what is due, forgets expired idempotency keys, and sets the alarm for whatever comes next. */
  private async deliver(): Promise<void> {
    if (this.books === undefined) return;
    const { ledger, outbox } = this.books;
    await outbox.flush();
    const forget = ledger.forgetKeys(Date.now());
    const due = [outbox.nextDue(), forget].filter((time) => time !== undefined);
    if (due.length === 0) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(Math.max(Math.min(...due), Date.now() + 1_000));
  }
}
