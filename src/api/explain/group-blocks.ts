import { compareText } from '../../compiler/model/ordered.ts';
import { type Workload, workloadId } from '../../compiler/model/workload.ts';
import { blockWords } from '../../events/block-words.ts';
import type { Blocked } from '../../events/blocked.ts';
import { type EventService, ServiceFinder } from '../../events/event-service.ts';
import type { KprobeEvent } from '../../events/tetragon-event.ts';
import type { BlockedEvent, Skipped } from './read-events.ts';

/** Events that say the same: the same policy has blocked the same thing in the same container. */
export interface Block {
  readonly blocked: Blocked;
  readonly service: EventService | undefined;
  /** What was blocked, in a sentence. */
  readonly summary: string;
  /** The earliest of the events. */
  readonly event: KprobeEvent;
  readonly count: number;
  readonly last: string;
  /** The first place in the body. */
  readonly place: number;
}

/** The blocks that events are about, in an order that does not depend on that of the events. */
export interface Blocks {
  readonly blocks: readonly Block[];
  readonly skipped: readonly Skipped[];
}

/** Puts events that say the same together. Events that contradict themselves are skipped. */
export function groupBlocks(events: readonly BlockedEvent[], workloads: readonly Workload[]): Blocks {
  const skipped: Skipped[] = [];
  const groups = new Map<string, Block>();
  const finder = new ServiceFinder(workloads);
  for (const { place, event, blocked } of events) {
    const service = finder.find(blocked, event.process.pod);
    if (service === 'contradictory') {
      skipped.push({ place, reason: 'contradictory' });
      continue;
    }
    const summary = blockWords(blocked, service === undefined ? placeWords(blocked) : workloadId(service));
    const key = JSON.stringify([blocked, service?.name, service?.kind, event.process.inInitTree]);
    const one: Block = { blocked, service, summary, event, count: event.count, last: event.time, place };
    const held = groups.get(key);
    groups.set(key, held === undefined ? one : joined(held, one));
  }
  return { blocks: [...groups.entries()].sort(byContent).map(([, block]) => block), skipped };
}

/** How a sentence calls a service of which only the namespace is known. */
function placeWords({ namespace }: Blocked): string {
  return namespace === undefined ? 'a service that the event does not name' : `a service of ${namespace}`;
}

function joined(a: Block, b: Block): Block {
  return {
    ...a,
    event: compareEvents(a.event, b.event) <= 0 ? a.event : b.event,
    count: Math.min(a.count + b.count, Number.MAX_SAFE_INTEGER),
    last: compareText(a.last, b.last) >= 0 ? a.last : b.last,
    place: Math.min(a.place, b.place),
  };
}

function compareEvents(a: KprobeEvent, b: KprobeEvent): number {
  return compareText(a.time, b.time) || compareText(JSON.stringify(a.process), JSON.stringify(b.process));
}

function byContent([keyA, a]: readonly [string, Block], [keyB, b]: readonly [string, Block]): number {
  const whose = ({ service, blocked }: Block): string =>
    service === undefined ? (blocked.namespace ?? '') : workloadId(service);
  return (
    compareText(whose(a), whose(b)) ||
    compareText(a.blocked.policy, b.blocked.policy) ||
    compareText(a.summary, b.summary) ||
    compareText(keyA, keyB)
  );
}
