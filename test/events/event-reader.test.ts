import fc from 'fast-check';
import { gzipSync, strToU8 } from 'fflate';
import { describe, expect, test } from 'vitest';
import { EventReader } from '../../src/events/event-reader.ts';
import { EventsUnreadable, TooManyEvents } from '../../src/events/events-unreadable.ts';

const LIMITS = { eventBytes: 1_000_000, events: 1_000, eventLine: 1_000 };

function exec(binary: string): string {
  return JSON.stringify({ process_exec: { process: { binary } }, time: '2026-11-25T21:06:10Z' });
}

/** Reads files that come in pieces of some bytes. */
function read(files: readonly Uint8Array[], piece = 7, limits = LIMITS) {
  const binaries: string[] = [];
  const reader = new EventReader(({ process }) => binaries.push(process.binary), limits);
  for (const file of files) {
    const open = reader.open();
    for (let at = 0; at < file.length; at += piece) open.push(file.subarray(at, at + piece));
    open.end();
  }
  return { binaries, counts: reader.counts };
}

describe('a file of events', () => {
  test('is read however its bytes are cut, as text or as gzip', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^\/[a-zäöü€]{1,9}$/), { maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (binaries, piece, zipped, end, last) => {
          const text = strToU8(binaries.map(exec).join(end) + (last ? end : ''));
          const seen = read([zipped ? gzipSync(text) : text], piece);
          expect(seen.binaries).toEqual(binaries);
          expect(seen.counts).toMatchObject({
            lines: binaries.length,
            exec: binaries.length,
            bytes: text.length,
          });
        },
      ),
    );
  });

  test('may be several compressed files that were put together', () => {
    const both = new Uint8Array([...gzipSync(strToU8(`${exec('/a')}\n`)), ...gzipSync(strToU8(exec('/b')))]);
    expect(read([both]).binaries).toEqual(['/a', '/b']);
  });

  test('may be followed by others, compressed or not', () => {
    expect(read([strToU8(exec('/a')), gzipSync(strToU8(exec('/b'))), strToU8('')]).binaries).toEqual([
      '/a',
      '/b',
    ]);
  });

  test('of one byte, or none, is a file', () => {
    expect(read([new Uint8Array([0x1f]), new Uint8Array(0)]).counts).toMatchObject({ lines: 1, bytes: 1 });
  });

  test.each([
    ['is cut off', gzipSync(strToU8(exec('/a'))).subarray(0, 40)],
    ['is damaged', new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255, 255])],
    [
      'has something else behind it',
      new Uint8Array([...gzipSync(strToU8(exec('/a'))), ...strToU8('no gzip at all, but text')]),
    ],
  ])('that is compressed and %s cannot be read', (_, file) => {
    expect(() => read([file])).toThrow(EventsUnreadable);
  });
});

describe('a line', () => {
  test('that is no event stops nothing', () => {
    const lines = ['{', exec('/a'), '', '  ', '{"level":"info"}', exec('/b'), '{"process_loader":{}}'];
    const { binaries, counts } = read([strToU8(lines.join('\n'))]);
    expect(binaries).toEqual(['/a', '/b']);
    expect(counts.lines).toBe(5);
    expect(counts.unread).toEqual({
      'not-json': 1,
      'not-an-event': 1,
      'other-event': 1,
      incomplete: 0,
      'too-long': 0,
    });
  });

  test.each([
    [1_000, 1, 0],
    [1_001, 0, 1],
  ])('of %i characters is read %i times, and skipped %i times', (length, events, skipped) => {
    const start = exec('/').length;
    const { counts } = read([strToU8(`${exec(`/${'x'.repeat(length - start)}`)}\n${exec('/b')}`)]);
    expect(counts.exec).toBe(events + 1);
    expect(counts.unread['too-long']).toBe(skipped);
  });

  test('that is too long is skipped at the end of the file too', () => {
    expect(read([strToU8(`${exec('/a')}\n${'x'.repeat(5_000)}`)]).counts.unread['too-long']).toBe(1);
  });

  test('that is not UTF-8 is read with a replacement character', () => {
    const bytes = strToU8(exec('/a?'));
    bytes[bytes.indexOf(0x3f)] = 0xff;
    expect(read([bytes]).binaries).toEqual(['/a\ufffd']);
  });
});

describe('all files together', () => {
  const four = strToU8(`${exec('/a')}\n`.repeat(4));

  test('may have as many bytes as the limit says', () => {
    const limits = { ...LIMITS, eventBytes: 2 * four.length };
    expect(read([four, four], 50, limits).binaries).toHaveLength(8);
    expect(() => read([four, four, strToU8('\n')], 50, limits)).toThrow(TooManyEvents);
  });

  test('may have as many events as the limit says', () => {
    const limits = { ...LIMITS, events: 8 };
    expect(read([four, four], 50, limits).binaries).toHaveLength(8);
    expect(() => read([four, four, strToU8('x')], 50, limits)).toThrow(TooManyEvents);
  });

  test('are bounded by their expanded bytes, which a small compressed file can have many of', () => {
    const bomb = gzipSync(new Uint8Array(5_000_000), { level: 9 });
    expect(bomb.length).toBeLessThan(10_000);
    expect(() => read([bomb], 4_096)).toThrow('more than 1000000 bytes');
  });
});
