import { DurableObject } from 'cloudflare:workers';
import type { Change, Command, Conditions, Outcome, PolicySet, VersionSummary } from './change.ts';
import { KEYS, type VersionPointer } from './kv-keys.ts';
import { Ledger } from './ledger.ts';
import { Outbox } from './outbox.ts';

/** What the registry needs. */
interface RegistryBindings {
  readonly POLICY_SETS: KVNamespace;
  /** Whether who published a version may not activate it: `on` or `off`. */
  readonly TWO_PERSON_RULE?: string;
}

/** A set and how much of it KV has yet to learn. */
export interface Standing {
  readonly set: PolicySet;
  readonly pendingWrites: number;
}

/** What a set's object keeps in its storage. */
interface Books {
  readonly ledger: Ledger;
  readonly outbox: Outbox;
}

const NO_PAGE = { items: [], next: undefined };

/** When the alarm looks after a commit whose object may have died before it told KV, in milliseconds. */
const SAFETY_NET = 15_000;

/**
 * The single writer of one policy set: numbers versions, moves aliases, keeps the history, and tells KV.
 * Everything is committed before KV hears of it; what KV does not take is retried by an alarm.
 */
export class PolicySetRegistry extends DurableObject<RegistryBindings> {
  /** Undefined before the set is created: to ask for a set that there is not must not store anything. */
  private books: Books | undefined;

  constructor(context: DurableObjectState, bindings: RegistryBindings) {
    super(context, bindings);
    const { sql } = context.storage;
    if (sql.exec("SELECT name FROM sqlite_master WHERE name = 'policySet'").toArray().length > 0)
      this.books = this.open();
  }

  private open(): Books {
    const { storage } = this.ctx;
    const outbox = new Outbox(
      storage.sql,
      () => this.env.POLICY_SETS,
      (event, details) => console.error(JSON.stringify({ event, ...details })),
    );
    return { outbox, ledger: new Ledger(storage, outbox) };
  }

  /** The set, or undefined when there is none. */
  read(): Standing | undefined {
    const { ledger, outbox } = this.books ?? {};
    const set = ledger?.read();
    return set === undefined ? undefined : { set, pendingWrites: outbox?.pending() ?? 0 };
  }

  /** What a write must know before it is worth its work: the set, and what the same request led to before. */
  begin(idempotency: Conditions['idempotency']): {
    replayed: Outcome | undefined;
    standing: Standing | undefined;
  } {
    return { replayed: this.books?.ledger.replay(idempotency), standing: this.read() };
  }

  /** A version, with its content while KV has not got that. */
  find(reference: string): { summary: VersionSummary; body: string | undefined } | undefined {
    const summary = this.books?.ledger.find(reference);
    return summary && { summary, body: this.books?.outbox.pendingValue(KEYS.body(summary.digest)) };
  }

  /** Versions below a number, newest first. */
  versions(below: number, limit: number): { items: readonly VersionSummary[]; next: number | undefined } {
    return this.books?.ledger.versions(below, limit) ?? NO_PAGE;
  }

  /** Changes below a revision, newest first. */
  history(below: number, limit: number): { items: readonly Change[]; next: number | undefined } {
    return this.books?.ledger.history(below, limit) ?? NO_PAGE;
  }

  /** The stored corpus. */
  corpus(): { text: string; syntax: 'json' | 'yaml' } | undefined {
    return this.books?.ledger.corpus();
  }

  /** Does a write. When it answers, the write is durable; KV has it too, unless KV fails. */
  async write(name: string, command: Command, conditions: Conditions): Promise<Outcome> {
    const rule = this.env.TWO_PERSON_RULE ?? '';
    // Here, and not where the request is read: whatever Worker asks, this object decides.
    if (rule !== '' && rule !== 'on' && rule !== 'off') return { kind: 'not-configured' };
    if (this.books === undefined && command.kind !== 'create') return { kind: 'not-found' };
    this.books ??= this.open();
    const outcome = this.books.ledger.apply(name, command, conditions, rule === 'on');
    if (outcome.kind === 'done') {
      // Not awaited before the commit: storage writes without an await between them are one.
      await this.ctx.storage.setAlarm(Date.now() + SAFETY_NET);
      await this.deliver();
    }
    return outcome;
  }

  /** Writes again what KV lacks of a version. */
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

  override async alarm(): Promise<void> {
    await this.deliver();
  }

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
