import { Gunzip } from 'fflate';
import { LIMITS } from '../compiler/model/limits.ts';
import { Failure } from '../failures/failure.ts';
import { Crc32 } from './crc32.ts';
import { Problem } from './problems.ts';

/** How the body of a request is encoded. */
export type BodyEncoding = 'identity' | 'gzip';

/** The encoding that a request declares. @throws Problem `unsupported-media-type` for one that is not supported. */
export function encodingOf(headers: Headers): BodyEncoding {
  const declared = (headers.get('content-encoding') ?? '').trim().toLowerCase();
  if (declared === '' || declared === 'identity') return 'identity';
  if (declared === 'gzip' || declared === 'x-gzip') return 'gzip';
  throw new Problem(
    'unsupported-media-type',
    `A body with content-encoding: ${declared.slice(0, 100)} is not supported. Send it as it is, or compressed once with gzip.`,
    {},
    { 'accept-encoding': 'gzip, identity' },
  );
}

/**
 * The pieces of the body of a request, expanded where it is compressed.
 *
 * @param limit The bytes that the body may have; those of the expanded body, if it is compressed.
 * @param tooLarge The problem of a body that has more.
 * @throws Problem `unsupported-media-type`, `body-too-large` or `malformed-body`
 */
export async function* bodyPieces(
  request: Request,
  limit: number,
  tooLarge: () => Problem,
): AsyncGenerator<Uint8Array> {
  const gzip = encodingOf(request.headers) === 'gzip';
  const most = gzip ? LIMITS.gzipBytes : limit;
  const tooMuchSent = gzip ? tooMuchGzip : tooLarge;
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooMuchSent();
  const expanded = new BoundedPieces(limit, tooLarge);
  const gunzip = gzip ? new GzipExpansion((bytes) => expanded.add(bytes)) : undefined;
  let sent = 0;
  for await (const chunk of request.body ?? []) {
    sent += chunk.byteLength;
    if (sent > most) throw tooMuchSent();
    if (gunzip === undefined) expanded.add(chunk);
    else
      for (let at = 0; at < chunk.byteLength; at += STEP) {
        gunzip.push(chunk.subarray(at, at + STEP));
        yield* expanded.taken();
      }
    yield* expanded.taken();
  }
  gunzip?.end();
  yield* expanded.taken();
}

/** The bytes that are expanded at once. gzip expands at most some 1,030 times, so one step makes at most about 4 MiB. */
const STEP = 4_096;

function tooMuchGzip(): Problem {
  return new Problem(
    'body-too-large',
    `The compressed body has more than ${LIMITS.gzipBytes} bytes (${LIMITS.gzipBytes / 1_048_576} MiB). What compresses so little is sent as it is.`,
  );
}

/** Pieces of a body whose length is counted. */
class BoundedPieces {
  readonly #limit: number;
  readonly #tooLarge: () => Problem;
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(limit: number, tooLarge: () => Problem) {
    this.#limit = limit;
    this.#tooLarge = tooLarge;
  }

  add(bytes: Uint8Array): void {
    this.#length += bytes.byteLength;
    if (this.#length > this.#limit) throw this.#tooLarge();
    this.#pieces.push(bytes);
  }

  /** What was added since the last call. */
  taken(): Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }
}

/** The checksum and the length at the end of each member of a gzip file (RFC 1952). */
const TRAILER = 8;

/**
 * So many bytes that expand to nothing are no gzip that anybody writes: a block has at most 64 KiB, and a header
 * should be short. The expander keeps what it cannot expand yet, and copies it at every step.
 */
const STALLED = 2 * 65_536 + STEP;

/**
 * Expands gzip, also of several members one after another. The checksum and the length of each member are checked,
 * which fflate does not do.
 */
class GzipExpansion {
  readonly #gunzip: Gunzip;
  /** The last bytes that were given: the trailer of a member can be in two pieces. */
  #last = new Uint8Array(0);
  #given = 0;
  readonly #checksum = new Crc32();
  #expanded = 0;
  /** How many bytes had been given when something was expanded last. */
  #progress = 0;

  constructor(take: (bytes: Uint8Array) => void) {
    this.#gunzip = new Gunzip((bytes) => {
      if (bytes.length === 0) return;
      this.#progress = this.#given;
      this.#checksum.add(bytes);
      this.#expanded += bytes.length;
      take(bytes);
    });
    this.#gunzip.onmember = (offset) => {
      this.#checkTrailer(offset);
      this.#progress = this.#given;
      this.#checksum.restart();
      this.#expanded = 0;
    };
  }

  push(bytes: Uint8Array): void {
    const last = new Uint8Array(this.#last.length + bytes.length);
    last.set(this.#last);
    last.set(bytes, this.#last.length);
    this.#last = last;
    this.#given += bytes.length;
    this.#expand(bytes, false);
    this.#last = last.slice(-STEP);
    if (this.#given - this.#progress > STALLED) throw damaged();
  }

  end(): void {
    this.#expand(new Uint8Array(0), true);
    this.#checkTrailer(this.#given);
  }

  #expand(bytes: Uint8Array, final: boolean): void {
    try {
      this.#gunzip.push(bytes, final);
    } catch (error) {
      // A body that is too large is refused by what takes the bytes.
      if (error instanceof Failure) throw error;
      throw damaged();
    }
  }

  /** Checks the trailer of the member that ends before a byte of the body. */
  #checkTrailer(end: number): void {
    const at = this.#last.length - (this.#given - end) - TRAILER;
    if (at < 0) throw damaged();
    const trailer = new DataView(this.#last.buffer, this.#last.byteOffset + at, TRAILER);
    if (trailer.getUint32(0, true) !== this.#checksum.value || trailer.getUint32(4, true) !== this.#expanded)
      throw damaged();
  }
}

function damaged(): Problem {
  return new Problem(
    'malformed-body',
    'The body says content-encoding: gzip, but cannot be expanded: it is damaged, cut off or no gzip. Test it with gzip -t.',
  );
}
