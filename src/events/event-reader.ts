import { LIMITS } from '../compiler/model/limits.ts';
import { EventBytes } from './event-bytes.ts';
import { LineSplitter } from './event-lines.ts';
import { TooManyEvents } from './events-unreadable.ts';
import { readEventLine, type TetragonEvent, type UnreadReason } from './tetragon-event.ts';

/** What was read of some files of events. */
export interface EventCounts {
  /** Bytes, expanded. */
  readonly bytes: number;
  /** Lines that are not empty. */
  readonly lines: number;
  readonly exec: number;
  readonly exit: number;
  readonly kprobe: number;
  /** Lines that are no events that are read, by reason. */
  readonly unread: Readonly<Record<UnreadReason | 'too-long', number>>;
  /** Events that the agent says it has dropped. */
  readonly dropped: number;
}

/** The limits of a reader. */
export type EventLimits = Readonly<Record<'eventBytes' | 'events' | 'eventLine', number>>;

/** Takes the bytes of one file of events. */
export interface EventFile {
  push(bytes: Uint8Array): void;
  end(): void;
}

/**
 * Reads files of events, event by event, while their bytes come in. It keeps no event and at most one line. A line that
 * is no event is counted, and stops nothing.
 *
 * @example
 * const binaries = [];
 * const reader = new EventReader(({ process }) => binaries.push(process.binary));
 * const file = reader.open();
 * const event = { process_exec: { process: { binary: '/bin/app' } }, time: '2026-11-25T21:06:10Z' };
 * file.push(new TextEncoder().encode(JSON.stringify(event) + '\nno event\n'));
 * file.end();
 * binaries; // => ['/bin/app']
 * reader.counts.unread['not-json']; // => 1
 */
export class EventReader {
  readonly #handle: (event: TetragonEvent) => void;
  readonly #limits: EventLimits;
  readonly #counts = {
    bytes: 0,
    lines: 0,
    exec: 0,
    exit: 0,
    kprobe: 0,
    unread: { 'not-json': 0, 'not-an-event': 0, 'other-event': 0, incomplete: 0, 'too-long': 0 },
    dropped: 0,
  };

  /**
   * @param handle Takes each event.
   * @param limits The most that all files together may hold.
   */
  constructor(handle: (event: TetragonEvent) => void, limits: EventLimits = LIMITS) {
    this.#handle = handle;
    this.#limits = limits;
  }

  /** What was read until now. */
  get counts(): EventCounts {
    return structuredClone(this.#counts);
  }

  /**
   * Opens the next file. Its bytes may be compressed with gzip.
   *
   * @returns What takes its bytes. It throws TooManyEvents when a limit is exceeded, and EventsUnreadable when a
   *   compressed file is damaged.
   */
  open(): EventFile {
    const lines = new LineSplitter(
      { line: (text) => this.#line(text), tooLong: () => this.#tooLong() },
      this.#limits.eventLine,
    );
    const bytes = new EventBytes((piece) => {
      this.#countBytes(piece.length);
      lines.push(piece);
    });
    return {
      push: (piece) => bytes.push(piece),
      end: () => {
        bytes.end();
        lines.end();
      },
    };
  }

  #countBytes(length: number): void {
    this.#counts.bytes += length;
    const { eventBytes } = this.#limits;
    if (this.#counts.bytes > eventBytes)
      throw new TooManyEvents(
        `The events have more than ${eventBytes} bytes (${Math.floor(eventBytes / 1_048_576)} MiB), expanded. ${SEND_LESS}`,
      );
  }

  #countLine(): void {
    this.#counts.lines += 1;
    const { events } = this.#limits;
    if (this.#counts.lines > events)
      throw new TooManyEvents(`There are more than ${events} events. ${SEND_LESS}`);
  }

  #tooLong(): void {
    this.#countLine();
    this.#counts.unread['too-long'] += 1;
  }

  #line(text: string): void {
    if (text.trim() === '') return;
    this.#countLine();
    const read = readEventLine(text);
    if (read.ok) {
      this.#counts[read.event.kind] += 1;
      this.#handle(read.event);
    } else if (read.reason === 'dropped') this.#counts.dropped += read.dropped;
    else this.#counts.unread[read.reason] += 1;
  }
}

/** The advice for events that are too many. */
const SEND_LESS =
  'Send fewer of them: those of one namespace (tetra getevents -o json --namespace shop), or of a shorter time.';
