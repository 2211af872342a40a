/** The checksum of gzip (CRC-32 as in RFC 1952) of bytes that come in pieces. */
export class Crc32 {
  readonly #table = Int32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit += 1)
      remainder = (remainder & 1) === 0 ? remainder >>> 1 : (remainder >>> 1) ^ POLYNOMIAL;
    return remainder;
  });
  #state = -1;

  /** Begins with other bytes. To make the table again for each of many small bodies would cost far more than the bodies. */
  restart(): void {
    this.#state = -1;
  }

  /** Adds the next bytes. */
  add(bytes: Uint8Array): void {
    const table = this.#table;
    let state = this.#state;
    for (const byte of bytes) state = (state >>> 8) ^ (table[(state ^ byte) & 0xff] ?? 0);
    this.#state = state;
  }

  /** The checksum of all bytes so far. */
  get value(): number {
    return ~this.#state >>> 0;
  }
}

const POLYNOMIAL = 0xedb88320;
