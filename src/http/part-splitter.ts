import { type MultipartError, make, type PartInfo } from 'multipasta';
import { LIMITS } from '../compiler/model/limits.ts';
import { Problem } from './problems.ts';

type HeaderFault = Extract<MultipartError, { _tag: 'BadHeaders' }>['error']['reason'];

/** What the next bytes of a multipart body are: the start of a part, some bytes of it, or its end. */
export type PartEvent =
  | { readonly kind: 'start'; readonly info: PartInfo }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

/** Splits the bytes of a `multipart/form-data` body into its parts. It holds no more than what it is given at once. */
export class PartSplitter {
  readonly #parser: ReturnType<typeof make>;
  #events: PartEvent[] = [];
  #fault: MultipartError | undefined;
  /** Dashes at the end of what was given so far, which the parser has not seen yet. */
  #held: Uint8Array = new Uint8Array(0);
  #open = false;
  #done = false;

  constructor(boundary: string) {
    this.#parser = make({
      headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` },
      maxParts: LIMITS.parts,
      // The parser would keep what it does not take for a file.
      isFile: () => true,
      onFile: (info) => this.#start(info),
      onField: () => undefined,
      onError: (error) => {
        this.#fault ??= error;
      },
      onDone: () => {
        this.#done = true;
      },
    });
  }

  /**
   * Takes the next bytes of the body. What comes after the last boundary is no part of it, and is ignored.
   *
   * @throws Problem `malformed-body` or `body-too-large`
   */
  write(bytes: Uint8Array): readonly PartEvent[] {
    if (this.#done) return [];
    // The parser takes `--` after a boundary for the end only if it gets both dashes at once.
    const all = this.#held.length === 0 ? bytes : joined([this.#held, bytes]);
    const whole = all.length - dashesAtEnd(all);
    this.#held = all.subarray(whole);
    return this.#eventsOf(() => this.#parser.write(all.subarray(0, whole)));
  }

  /** Takes the end of the body. @throws Problem `malformed-body` */
  end(): readonly PartEvent[] {
    const events = this.#eventsOf(() => {
      if (this.#done) return;
      this.#parser.write(this.#held);
      this.#parser.end();
    });
    if (this.#done && !this.#open) return events;
    throw malformed(
      'The body ends before its last boundary: it was cut off, or its parts are separated by another boundary than that of its content type.',
    );
  }

  #start(info: PartInfo): (bytes: Uint8Array | null) => void {
    this.#open = true;
    this.#events.push({ kind: 'start', info });
    let ended = false;
    return (bytes) => {
      // The parser says again that a part has ended when the headers of the next one are cut off.
      if (ended) this.#fault ??= { _tag: 'EndNotReached' };
      else if (bytes !== null) this.#events.push({ kind: 'bytes', bytes });
      else {
        ended = true;
        this.#open = false;
        this.#events.push({ kind: 'end' });
      }
    };
  }

  #eventsOf(parse: () => void): readonly PartEvent[] {
    try {
      parse();
    } catch {
      // For one, the parser throws when a file name is percent-encoded wrongly.
      throw malformed('The headers of a part cannot be read.');
    }
    if (this.#fault !== undefined) throw problemOf(this.#fault);
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** The dashes that a text ends in. More than these cannot belong to a boundary, which has at most 70 characters. */
const MOST_DASHES = 73;

function dashesAtEnd(bytes: Uint8Array): number {
  let count = 0;
  while (count < bytes.length && bytes[bytes.length - 1 - count] === 0x2d) count += 1;
  return count > MOST_DASHES ? 0 : count;
}

/** Some pieces of bytes as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}

function malformed(message: string): Problem {
  return new Problem('malformed-body', message);
}

const HEADER_FAULTS: Readonly<Record<HeaderFault, string>> = {
  TooManyHeaders: 'A part has more than 100 headers.',
  HeaderTooLarge: 'The headers of a part are longer than 16 KiB.',
  InvalidHeaderName: 'The headers of a part cannot be read: one has no name, or a name that is not allowed.',
  InvalidHeaderValue: 'The headers of a part cannot be read: the value of one holds a control character.',
};

function problemOf(fault: MultipartError): Problem {
  switch (fault._tag) {
    case 'ReachedLimit':
      return new Problem('body-too-large', `The body has more than ${LIMITS.parts} parts.`);
    case 'BadHeaders':
      return malformed(HEADER_FAULTS[fault.error.reason]);
    case 'InvalidDisposition':
      return malformed(
        'A part has no name. Each needs a header such as content-disposition: form-data; name="workloads".',
      );
    default:
      return malformed('The parts of the body cannot be told apart: the headers of one are cut off.');
  }
}
