import { waitUntil } from 'cloudflare:workers';
import type { Bindings } from './environment.ts';
import type { RequestEvent } from './request-record.ts';

/** A place that the decision log is written to, besides the Workers log. */
export interface AuditSink {
  readonly name: string;
  write(event: RequestEvent): void | Promise<void>;
}

/** Writes events to Analytics Engine, indexed by caller. docs/security.md describes the blobs and doubles. */
export function analyticsSink(dataset: AnalyticsEngineDataset): AuditSink {
  return {
    name: 'analytics',
    write: (event) => {
      const denied = event.services.reduce((sum, { deniedCount }) => sum + deniedCount, 0);
      dataset.writeDataPoint({
        // An index has at most 96 bytes, and the ids of the callers of one issuer differ at the end.
        indexes: [(event.caller?.id ?? '').slice(-32)],
        blobs: [
          event.requestId,
          event.operation ?? '',
          event.caller?.id ?? '',
          event.action ?? '',
          event.policySet?.name ?? '',
          event.policySet?.digest ?? '',
          event.problem ?? '',
          event.traceId,
        ],
        doubles: [
          event.status,
          event.policySet?.version ?? 0,
          event.serviceCount,
          denied,
          event.durations.total ?? 0,
        ],
      });
    },
  };
}

/** Sends each event to a queue, unchanged. */
export function queueSink(queue: Pick<Queue<RequestEvent>, 'send'>): AuditSink {
  return {
    name: 'queue',
    write: async (event) => {
      await queue.send(event);
    },
  };
}

/** Writes an event to the Workers log and to the sinks that are bound. A failure of a sink is logged. */
export function writeAudit(
  event: RequestEvent,
  { AUDIT_ANALYTICS, AUDIT_QUEUE }: Pick<Bindings, 'AUDIT_ANALYTICS' | 'AUDIT_QUEUE'>,
): void {
  console.log(JSON.stringify(event));
  const sinks = [
    ...(AUDIT_ANALYTICS === undefined ? [] : [analyticsSink(AUDIT_ANALYTICS)]),
    ...(AUDIT_QUEUE === undefined ? [] : [queueSink(AUDIT_QUEUE)]),
  ];
  if (sinks.length > 0) waitUntil(writeAll(event, sinks));
}

/** Writes an event to each sink. A sink that fails does not keep the event from the others. */
export async function writeAll(event: RequestEvent, sinks: readonly AuditSink[]): Promise<void> {
  await Promise.all(
    sinks.map(async (sink) => {
      try {
        await sink.write(event);
      } catch {
        console.error(
          JSON.stringify({ event: 'audit-sink-failed', sink: sink.name, requestId: event.requestId }),
        );
      }
    }),
  );
}

/** Logs where an internal error happened. Its message is left out, because it may quote a body or a token. */
export function logInternalError(error: unknown, requestId: string | undefined): void {
  const { name, stack = '' } =
    error instanceof Error ? error : new Error('A value that is no Error was thrown.');
  const frames = stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  console.error(
    JSON.stringify({
      event: 'internal-error',
      requestId,
      error: name,
      at: frames.map((line) => line.trim()).slice(0, 10),
    }),
  );
}
