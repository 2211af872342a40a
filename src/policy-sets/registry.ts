import { DurableObject } from 'cloudflare:workers';
import type { Change, Command, Conditions, Outcome, PolicySet, VersionSummary } from './change.ts';
import { Ledger } from './ledger.ts';
import { KEYS } from './model.ts';
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

/** When the alarm looks after a commit whose object may have died before it told KV, in milliseconds. */
const SAFETY_NET = 15_000;

/**
 * The single writer of one policy set: numbers versions, moves aliases, keeps the history, and tells KV.
 * Everything is committed before KV hears of it; what KV does not take is retried by an alarm.
 */
export class PolicySetRegistry extends DurableObject<RegistryBindings> {
  private readonly outbox: Outbox;
  private readonly ledger: Ledger;

  constructor(context: DurableObjectState, bindings: RegistryBindings) {
    super(context, bindings);
    this.outbox = new Outbox(
      context.storage.sql,
      () => bindings.POLICY_SETS,
      (event, details) => console.error(JSON.stringify({ event, ...details })),
    );
    this.ledger = new Ledger(context.storage, this.outbox);
  }

  /** The set, or undefined when there is none. */
  read(): Standing | undefined {
    const set = this.ledger.read();
    return set === undefined ? undefined : { set, pendingWrites: this.outbox.pending() };
  }

  /** What a write must know before it is worth its work: the set, and what the same request led to before. */
  begin(idempotency: Conditions['idempotency']): {
    replayed: Outcome | undefined;
    standing: Standing | undefined;
  } {
    return { replayed: this.ledger.replay(idempotency), standing: this.read() };
  }

  /** A version, with its content while KV has not got that. */
  find(reference: string): { summary: VersionSummary; body: string | undefined } | undefined {
    const summary = this.ledger.find(reference);
    return summary && { summary, body: this.outbox.pendingValue(KEYS.body(summary.digest)) };
  }

  /** Versions below a number, newest first. */
  versions(below: number, limit: number): { items: readonly VersionSummary[]; next: number | undefined } {
    return this.ledger.versions(below, limit);
  }

  /** Changes below a revision, newest first. */
  history(below: number, limit: number): { items: readonly Change[]; next: number | undefined } {
    return this.ledger.history(below, limit);
  }

  /** The stored corpus. */
  corpus(): { text: string; syntax: 'json' | 'yaml' } | undefined {
    return this.ledger.corpus();
  }

  /** Does a write. When it answers, the write is durable; KV has it too, unless KV fails. */
  async write(name: string, command: Command, conditions: Conditions): Promise<Outcome> {
    const rule = this.env.TWO_PERSON_RULE ?? '';
    // Here, and not where the request is read: whatever Worker asks, this object decides.
    if (rule !== '' && rule !== 'on' && rule !== 'off') return { kind: 'not-configured' };
    const outcome = this.ledger.apply(name, command, conditions, rule === 'on');
    if (outcome.kind === 'done') {
      // Not awaited before the commit: storage writes without an await between them are one.
      await this.ctx.storage.setAlarm(Date.now() + SAFETY_NET);
      await this.deliver();
    }
    return outcome;
  }

  override async alarm(): Promise<void> {
    await this.deliver();
  }

  private async deliver(): Promise<void> {
    await this.outbox.flush();
    const forget = this.ledger.forgetKeys(Date.now());
    const due = [this.outbox.nextDue(), forget].filter((time) => time !== undefined);
    if (due.length === 0) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(Math.max(Math.min(...due), Date.now() + 1_000));
  }
}
