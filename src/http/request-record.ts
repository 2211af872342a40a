import type { Identity } from '../access/identity.ts';
import { callerId } from '../cedar/caller.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { DecisionAnswer } from './decision-schema.ts';
import type { TraceContext } from './trace-context.ts';

/** One line of the decision log: a request and its outcome. It never holds the body or a token. */
export interface RequestEvent {
  readonly event: 'request';
  readonly time: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly method: string;
  /** The `operationId` of the OpenAPI document; null when the request reached no operation. */
  readonly operation: string | null;
  readonly status: number;
  /** The code of the problem that was answered; null when there was none. */
  readonly problem: string | null;
  readonly caller: {
    readonly id: string;
    readonly kind: string;
    /** The id of the person behind the caller, and their name in `name`. */
    readonly person: string;
    readonly name: string;
  } | null;
  /** The days until the API key of the caller expires; null while it need not be replaced. */
  readonly keyExpiresInDays: number | null;
  readonly action: string | null;
  readonly policySet: { readonly name: string; readonly version?: number; readonly digest?: string } | null;
  readonly services: readonly ServiceEvent[];
  /** How many services there were. `services` lists only the first. */
  readonly serviceCount: number;
  /** In milliseconds. On Workers, clocks stand still while code runs, so these are the times spent waiting. */
  readonly durations: Readonly<Record<string, number>>;
}

interface ServiceEvent {
  readonly service: string;
  readonly decision: 'allow' | 'deny';
  /** The denied overrides; only the first are listed. */
  readonly denied: readonly string[];
  readonly deniedCount: number;
}

/** Collects the contents of the log line of one request. */
export class RequestRecord {
  readonly requestId: string;
  readonly trace: TraceContext;
  /** Headers that are added to the answer, whatever the handler answers. */
  readonly headers = new Map<string, string>();
  operation: string | null = null;
  identity: Identity | null = null;
  keyExpiresInDays: number | null = null;
  action: string | null = null;
  problem: string | null = null;
  policySet: RequestEvent['policySet'] = null;
  private services: ServiceEvent[] = [];
  private serviceCount = 0;
  private readonly durations = new Map<string, number>();
  private readonly startedAt = Date.now();
  private readonly start = performance.now();

  constructor(requestId: string, trace: TraceContext) {
    this.requestId = requestId;
    this.trace = trace;
  }

  /** Runs a part of the work, and notes how long it took. */
  async time<T>(part: string, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.durations.set(part, (this.durations.get(part) ?? 0) + performance.now() - start);
    }
  }

  /** How long ago the request came, in milliseconds. */
  elapsed(): number {
    return performance.now() - this.start;
  }

  /** Notes the decisions about each service. */
  decided(services: readonly string[], decisions: readonly DecisionAnswer[]): void {
    const denied = new Map(services.map((service): [string, string[]] => [service, []]));
    for (const { service, decision, override } of decisions) {
      const list = denied.get(service) ?? [];
      if (decision === 'deny') list.push(override);
      denied.set(service, list);
    }
    this.serviceCount = denied.size;
    // Those that are denied come first, so that none is left out for one that is not.
    const ordered = [...denied].sort(([, a], [, b]) => Number(b.length > 0) - Number(a.length > 0));
    this.services = ordered.slice(0, LIMITS.logged).map(([service, overrides]) => ({
      service,
      decision: overrides.length === 0 ? 'allow' : 'deny',
      denied: [...new Set(overrides)].slice(0, LIMITS.logged),
      deniedCount: overrides.length,
    }));
  }

  /** The value of the header `Server-Timing` (W3C): the parts in milliseconds. */
  serverTiming(): string {
    let header = '';
    for (const [part, milliseconds] of this.durations) header += `${part};dur=${milliseconds.toFixed(1)}, `;
    return `${header}total;dur=${this.elapsed().toFixed(1)}`;
  }

  /** The line for the log. */
  toEvent(method: string, status: number): RequestEvent {
    const { identity } = this;
    const durations: Record<string, number> = {};
    for (const [part, milliseconds] of this.durations) durations[part] = tenths(milliseconds);
    durations.total = tenths(this.elapsed());
    return {
      event: 'request',
      time: new Date(this.startedAt).toISOString(),
      requestId: this.requestId,
      traceId: this.trace.traceId,
      spanId: this.trace.spanId,
      parentSpanId: this.trace.parentSpanId,
      method,
      operation: this.operation,
      status,
      problem: this.problem,
      caller:
        identity === null
          ? null
          : {
              id: callerId(identity.caller),
              kind: identity.caller.kind,
              person: identity.person.id,
              name: identity.person.name,
            },
      keyExpiresInDays: this.keyExpiresInDays,
      action: this.action,
      policySet: this.policySet,
      services: this.services,
      serviceCount: this.serviceCount,
      durations,
    };
  }
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
