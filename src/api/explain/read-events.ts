import { LIMITS } from '../../compiler/model/limits.ts';
import { type Blocked, type NotBlocked, readBlocked } from '../../events/blocked.ts';
import { type KprobeEvent, readEvent, type UnreadReason } from '../../events/tetragon-event.ts';
import { Problem } from '../../http/problems.ts';

/** Why something of a body is not explained. */
export type SkipReason = UnreadReason | NotBlocked | 'dropped' | 'no-hook';

/** Something of a body that is not explained. */
export interface Skipped {
  /** Its line, or its place in an array, from 1. */
  readonly place: number;
  readonly reason: SkipReason;
}

/** An event of one of our policies, and its place in the body. */
export interface BlockedEvent {
  readonly place: number;
  readonly event: KprobeEvent;
  readonly blocked: Blocked;
}

/** The events of a body. */
export interface SentEvents {
  readonly blocked: readonly BlockedEvent[];
  readonly skipped: readonly Skipped[];
}

/**
 * Reads the events of a text: one event, an array of them, or one on each line. What is no event, or none of our policies,
 * is skipped.
 *
 * @throws Problem `malformed-body` when there is no event at all.
 */
export function readSentEvents(text: string): SentEvents {
  const blocked: BlockedEvent[] = [];
  const skipped: Skipped[] = [];
  let events = 0;
  for (const { place, value } of valuesOf(text)) {
    const read = value === undefined ? ({ ok: false, reason: 'not-json' } as const) : readEvent(value);
    if (read.ok || read.reason === 'dropped' || read.reason === 'other-event') events += 1;
    const found = explainable(place, read);
    if ('reason' in found) skipped.push(found);
    else blocked.push(found);
  }
  if (events === 0) throw noEvents(skipped);
  return { blocked, skipped };
}

function explainable(place: number, read: ReturnType<typeof readEvent>): BlockedEvent | Skipped {
  if (!read.ok) return { place, reason: read.reason };
  const { event } = read;
  if (event.kind !== 'kprobe') return { place, reason: 'no-hook' };
  const found = readBlocked(event);
  return found.ok ? { place, event, blocked: found.blocked } : { place, reason: found.reason };
}

/** A value of a text with its place; undefined where it is no JSON. */
interface PlacedValue {
  readonly place: number;
  readonly value: unknown;
}

function valuesOf(text: string): PlacedValue[] {
  const whole = parsed(text);
  if (Array.isArray(whole)) return whole.map((value: unknown, index) => ({ place: index + 1, value }));
  if (whole !== undefined) return [{ place: 1, value: whole }];
  return text
    .split('\n')
    .map((line, index) => ({ place: index + 1, line: line.trim() }))
    .filter(({ line }) => line !== '')
    .map(({ place, line }) => ({
      place,
      value: line.length > LIMITS.eventLine ? undefined : parsed(line),
    }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function noEvents(skipped: readonly Skipped[]): Problem {
  return new Problem(
    'malformed-body',
    'The body has no event of Tetragon. Send what tetra getevents -o json or the export file of the agent has: one JSON object on each line, or a JSON array of them.',
    {
      faults: skipped
        .slice(0, LIMITS.faults)
        .map(({ place, reason }) => ({ message: SKIPPED[reason], line: place })),
    },
  );
}

/** What each reason means, in a sentence. */
export const SKIPPED: Readonly<Record<SkipReason, string>> = {
  'not-json': 'It is no JSON, or longer than a line may be.',
  'not-an-event': 'It is JSON, but no event of Tetragon.',
  'other-event': 'It is an event of a kind that is not read here.',
  incomplete: 'It is an event without its process or its time.',
  dropped: 'The agent says that it has dropped events.',
  'no-hook': 'It tells that a process started or ended, which no policy blocks.',
  'not-ours':
    'It is of a policy that Tracewright did not make: its tags or the name of the policy are not those of one.',
  'unknown-hook':
    'It is of a hook that this release does not know. A later release may have made the policy.',
  contradictory:
    'It contradicts itself: its message, the name of its policy and its pod do not belong together.',
};
