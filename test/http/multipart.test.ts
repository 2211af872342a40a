import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import {
  type CollectedPart,
  collect,
  isMultipart,
  type Part,
  type PartRule,
  readMultipart,
  stream,
} from '../../src/http/multipart.ts';
import { Problem } from '../../src/http/problems.ts';

const LIMIT = 1_000_000;
const TYPE = 'multipart/form-data; boundary=------------------------d74496d66958873e';

/** What curl sends for `-F workloads=@deploy.yaml -F 'images=<images.json' -F events=@events.ndjson`. */
const CURL = [
  '--------------------------d74496d66958873e',
  'Content-Disposition: form-data; name="workloads"; filename="deploy.yaml"',
  'Content-Type: application/octet-stream',
  '',
  'kind: Pod\n',
  '--------------------------d74496d66958873e',
  'Content-Disposition: form-data; name="images"',
  '',
  '{}',
  '--------------------------d74496d66958873e',
  'Content-Disposition: form-data; name="events"; filename="events.ndjson"',
  'Content-Type: application/octet-stream',
  '',
  'one\r\ntwo\n',
  '--------------------------d74496d66958873e--',
  '',
].join('\r\n');

function requestOf(
  body: BodyInit | null,
  headers: Record<string, string> = { 'content-type': TYPE },
): Request {
  return new Request('https://tracewright.example/learn', { method: 'POST', body, headers });
}

/** A request whose body arrives in these pieces. */
function inPieces(text: string, cuts: readonly number[], type = TYPE): Request {
  const bytes = new TextEncoder().encode(text);
  const places = [
    0,
    ...[...new Set(cuts)].filter((cut) => cut < bytes.length).sort((a, b) => a - b),
    bytes.length,
  ];
  const pieces = places.slice(1).map((end, index) => bytes.slice(places[index], end));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else if (piece.length > 0) controller.enqueue(piece);
      else return this.pull?.(controller);
    },
  });
  return requestOf(body, { 'content-type': type });
}

/** Rules that collect `workloads` and `images`, and gather what is streamed of `events`. */
function rulesOf(streamed: string[] = []): Record<string, PartRule> {
  return {
    workloads: collect(LIMITS.bodyBytes),
    images: collect(100, 50),
    events: stream(() => {
      const decoder = new TextDecoder();
      let text = '';
      return {
        write: (bytes) => {
          text += decoder.decode(bytes, { stream: true });
        },
        end: () => {
          streamed.push(text);
        },
      };
    }),
  };
}

const shortly = (parts: readonly CollectedPart[]) =>
  parts.map(({ name, filename, type, ordinal, text }) => ({ name, filename, type, ordinal, text }));

const CURL_PARTS = [
  {
    name: 'workloads',
    filename: 'deploy.yaml',
    type: 'application/octet-stream',
    ordinal: 0,
    text: 'kind: Pod\n',
  },
  { name: 'images', filename: undefined, type: undefined, ordinal: 1, text: '{}' },
];

async function problemOf(reading: Promise<unknown>): Promise<Problem> {
  const error: unknown = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Problem) return error;
  throw new Error(`Expected a problem, not ${String(error)}.`);
}

describe('a body of parts', () => {
  test('what curl sends', async () => {
    const streamed: string[] = [];
    expect(shortly(await readMultipart(requestOf(CURL), rulesOf(streamed), LIMIT))).toEqual(CURL_PARTS);
    expect(streamed).toEqual(['one\r\ntwo\n']);
  });

  test('what FormData sends, with a file of any bytes', async () => {
    const form = new FormData();
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    form.set('workloads', 'a: ä');
    form.append('images', new File(['{}'], 'nginx:1.27', { type: 'application/json' }));
    form.append('events', new File([bytes], 'e.gz'));
    const got: Uint8Array[] = [];
    const rules = {
      ...rulesOf(),
      events: stream(() => ({
        write: (piece) => {
          got.push(piece);
        },
        end: () => undefined,
      })),
    };
    const request = new Request('https://tracewright.example/', { method: 'POST', body: form });
    expect(isMultipart(request)).toBe(true);
    expect(shortly(await readMultipart(request, rules, LIMIT))).toEqual([
      { name: 'workloads', filename: undefined, type: undefined, ordinal: 0, text: 'a: ä' },
      { name: 'images', filename: 'nginx:1.27', type: 'application/json', ordinal: 1, text: '{}' },
    ]);
    expect(new Uint8Array(await new Blob(got).arrayBuffer())).toEqual(bytes);
  });

  test('it does not matter where the body is cut', async () => {
    for (let cut = 0; cut <= CURL.length; cut += 1) {
      const streamed: string[] = [];
      const parts = await readMultipart(inPieces(CURL, [cut]), rulesOf(streamed), LIMIT);
      expect({ cut, parts: shortly(parts), streamed }).toEqual({
        cut,
        parts: CURL_PARTS,
        streamed: ['one\r\ntwo\n'],
      });
    }
    const single = Array.from({ length: CURL.length }, (_, index) => index);
    expect(shortly(await readMultipart(inPieces(CURL, single), rulesOf(), LIMIT))).toEqual(CURL_PARTS);
  });

  test('any content arrives as it was sent, also where it looks like a boundary', async () => {
    const boundary = 'x--';
    const content = fc
      .array(fc.constantFrom('\r', '\n', '-', '--', '\r\n--', 'x', '--x', '\r\n--x-', 'a', ':', '\r\n\r\n'))
      .map((all) => all.join(''))
      .filter((text) => !`\r\n${text}`.includes(`\r\n--${boundary}`));
    await fc.assert(
      fc.asyncProperty(content, fc.array(fc.nat(150)), async (text, cuts) => {
        const body = `--${boundary}\r\nContent-Disposition: form-data; name="workloads"\r\n\r\n${text}\r\n--${boundary}--\r\n`;
        const request = inPieces(body, cuts, `multipart/form-data; boundary="${boundary}"`);
        const [part] = await readMultipart(request, rulesOf(), LIMIT);
        expect(part?.text).toBe(text);
      }),
    );
  });

  test('each part is told of those that came before it', async () => {
    const seen: unknown[] = [];
    const rules = {
      ...rulesOf(),
      events: stream((part: Part, before) => {
        seen.push(part, shortly(before));
        return { write: () => undefined, end: () => undefined };
      }),
    };
    await readMultipart(requestOf(CURL), rules, LIMIT);
    expect(seen).toEqual([
      { name: 'events', filename: 'events.ndjson', type: 'application/octet-stream', ordinal: 2 },
      CURL_PARTS,
    ]);
  });

  test('nothing is read ahead of a sink that takes its time', async () => {
    const CHUNKS = 40;
    let produced = 0;
    let taken = 0;
    let lead = 0;
    const head = '--b\r\nContent-Disposition: form-data; name="events"; filename="e"\r\n\r\n';
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (produced === CHUNKS) {
            controller.enqueue(new TextEncoder().encode('\r\n--b--\r\n'));
            controller.close();
            return;
          }
          controller.enqueue(new TextEncoder().encode((produced === 0 ? head : '') + 'e'.repeat(1_000)));
          produced += 1;
        },
      },
      { highWaterMark: 0 },
    );
    const rules = {
      events: stream(() => ({
        async write(bytes) {
          taken += bytes.length;
          await new Promise((resolve) => setTimeout(resolve, 1));
          lead = Math.max(lead, produced * 1_000 - taken);
        },
        end: () => undefined,
      })),
    };
    await readMultipart(requestOf(body, { 'content-type': 'multipart/form-data; boundary=b' }), rules, LIMIT);
    expect(taken).toBe(CHUNKS * 1_000);
    expect(lead).toBeLessThanOrEqual(2_000);
  });

  test('a sink gets a long part in pieces', async () => {
    let longest = 0;
    let length = 0;
    const rules = {
      events: stream(() => ({
        write(bytes) {
          longest = Math.max(longest, bytes.length);
          length += bytes.length;
        },
        end: () => undefined,
      })),
    };
    const body = `--b\r\nContent-Disposition: form-data; name="events"\r\n\r\n${'e'.repeat(900_000)}\r\n--b--`;
    await readMultipart(requestOf(body, { 'content-type': 'multipart/form-data; boundary=b' }), rules, LIMIT);
    expect(length).toBe(900_000);
    expect(longest).toBeLessThanOrEqual(66_000);
  });
});

/** A body with the boundary `b`, of parts with these headers and this content. */
function bodyOf(...parts: readonly (readonly [headers: string, content: string])[]): string {
  return `${parts.map(([headers, content]) => `--b\r\n${headers}\r\n\r\n${content}\r\n`).join('')}--b--\r\n`;
}

const named = (name: string): string => `Content-Disposition: form-data; name="${name}"`;

describe('a body that is refused', () => {
  const B = 'multipart/form-data; boundary=b';
  test.each<[string, string, Record<string, string>, string, RegExp]>([
    ['no boundary', CURL, { 'content-type': 'multipart/form-data' }, 'malformed-body', /no boundary/],
    [
      'an empty boundary',
      CURL,
      { 'content-type': 'multipart/form-data; boundary=""' },
      'malformed-body',
      /no boundary/,
    ],
    [
      'a boundary of 71 characters',
      CURL,
      { 'content-type': `multipart/form-data; boundary=${'b'.repeat(71)}` },
      'malformed-body',
      /no boundary/,
    ],
    [
      'a body that is compressed otherwise than with gzip',
      CURL,
      { 'content-type': TYPE, 'content-encoding': 'br' },
      'unsupported-media-type',
      /compressed/,
    ],
    ['nothing', '', { 'content-type': B }, 'malformed-body', /cut off/],
    ['another boundary', CURL, { 'content-type': B }, 'malformed-body', /cut off/],
    ['a part without its end', CURL.slice(0, -30), { 'content-type': TYPE }, 'malformed-body', /cut off/],
    [
      'one dash at the end',
      `--b\r\n${named('images')}\r\n\r\n{}\r\n--b-`,
      { 'content-type': B },
      'malformed-body',
      /cut off/,
    ],
    [
      'headers without their end',
      `--b\r\n${named('images')}\r\n--b\r\n${named('images')}\r\n\r\n{}\r\n--b--`,
      { 'content-type': B },
      'malformed-body',
      /header|name/,
    ],
    [
      'headers without their end, after a part',
      `--b\r\n${named('images')}\r\n\r\n{}\r\n--b\r\n${named('images')}\r\n--b\r\n${named('images')}\r\n\r\n{}\r\n--b--`,
      { 'content-type': B },
      'malformed-body',
      /header|name/,
    ],
    [
      'a part without a name',
      bodyOf(['Content-Disposition: form-data', '']),
      { 'content-type': B },
      'malformed-body',
      /no name/,
    ],
    [
      'a part with an empty name',
      bodyOf([named(''), '']),
      { 'content-type': B },
      'malformed-body',
      /no name/,
    ],
    [
      'a part without a disposition',
      bodyOf(['Content-Type: text/plain', '']),
      { 'content-type': B },
      'malformed-body',
      /no name/,
    ],
    [
      'a file name with letters that are not Latin',
      bodyOf([`${named('images')}; filename="日本"`, '']),
      { 'content-type': B },
      'malformed-body',
      /file name/,
    ],
    [
      'an attachment',
      bodyOf(['Content-Disposition: attachment; name="images"', '']),
      { 'content-type': B },
      'malformed-body',
      /no name/,
    ],
    [
      'a file name that is encoded wrongly',
      bodyOf([`${named('images')}; filename*=UTF-8''%ZZ`, '']),
      { 'content-type': B },
      'malformed-body',
      /cannot be read/,
    ],
    [
      'a control character in a header',
      bodyOf([`${named('images')}\u0000`, '']),
      { 'content-type': B },
      'malformed-body',
      /cannot be read/,
    ],
    [
      'a header of 17 KiB',
      bodyOf([`${named('images')}; filename="${'f'.repeat(17_408)}"`, '']),
      { 'content-type': B },
      'malformed-body',
      /16 KiB/,
    ],
    [
      '102 headers',
      bodyOf([
        [named('images'), ...Array.from({ length: 101 }, (_, index) => `X${index}: 1`)].join('\r\n'),
        '',
      ]),
      { 'content-type': B },
      'malformed-body',
      /100 headers/,
    ],
    [
      'base64',
      bodyOf([`${named('images')}\r\nContent-Transfer-Encoding: base64`, 'e30=']),
      { 'content-type': B },
      'unsupported-media-type',
      /encoded/,
    ],
    [
      'another character set',
      bodyOf([`${named('images')}\r\nContent-Type: application/json; charset=utf-16`, '{}']),
      { 'content-type': B },
      'unsupported-media-type',
      /UTF-8/,
    ],
    [
      'a collected part over its limit',
      bodyOf([named('images'), 'x'.repeat(101)]),
      { 'content-type': B },
      'body-too-large',
      /Part 1 .*100 bytes/,
    ],
    [
      'a part that nobody reads',
      bodyOf([named('toString'), '']),
      { 'content-type': B },
      'invalid-request',
      /fault/,
    ],
    [
      'a second part of what is there once',
      bodyOf([named('workloads'), ''], [named('workloads'), '']),
      { 'content-type': B },
      'invalid-request',
      /fault/,
    ],
  ])('%s', async (_, body, headers, code, message) => {
    const { problem, message: detail } = await problemOf(
      readMultipart(requestOf(body, headers), rulesOf(), LIMIT),
    );
    expect([problem, detail]).toEqual([code, expect.stringMatching(message)]);
  });

  test('invalid UTF-8 in a collected part', async () => {
    const form = new FormData();
    form.set('images', new Blob([new Uint8Array([0xff])]));
    const request = new Request('https://tracewright.example/', { method: 'POST', body: form });
    expect((await problemOf(readMultipart(request, rulesOf(), LIMIT))).message).toBe(
      'Part 1 of the body ("images") is not valid UTF-8.',
    );
  });

  test('an unknown part is named visibly, with those that are known', async () => {
    const request = requestOf(bodyOf([named('workload\u0085'), '']), { 'content-type': B });
    expect((await problemOf(readMultipart(request, rulesOf(), LIMIT))).extension.faults).toEqual([
      {
        message:
          'Part 1 of the body ("workload\\u{85}") is none that is read here. The parts of this body are: workloads, images, events.',
      },
    ]);
  });

  test(`${LIMITS.parts} parts are read, and one more is not`, async () => {
    const rules = { images: collect(2, 1_000) };
    const body = (count: number) =>
      bodyOf(...Array.from({ length: count }, () => [named('images'), '{}'] as const));
    const read = (count: number) =>
      readMultipart(requestOf(body(count), { 'content-type': B }), rules, LIMIT);
    expect(await read(LIMITS.parts)).toHaveLength(LIMITS.parts);
    expect((await problemOf(read(LIMITS.parts + 1))).problem).toBe('body-too-large');
  });

  test('a body at its limit is read; one byte more is not, declared or streamed', async () => {
    const { length } = new TextEncoder().encode(CURL);
    const cuts = Array.from({ length: 20 }, (_, index) => index * 40);
    for (const request of [() => requestOf(CURL), () => inPieces(CURL, cuts)]) {
      expect(await readMultipart(request(), rulesOf(), length)).toHaveLength(2);
      expect((await problemOf(readMultipart(request(), rulesOf(), length - 1))).problem).toBe(
        'body-too-large',
      );
    }
  });

  test('any bytes end in parts or in a problem', async () => {
    const words = fc.constantFrom(
      '--b',
      '\r\n',
      '--b--',
      '-',
      ':',
      named('images'),
      named('events'),
      ' ',
      'X',
      '"',
      ';',
      '\r',
      '\n',
      "filename*=UTF-8''%",
      'Content-Type: text/x',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 40 }), fc.array(fc.nat(300)), async (all, cuts) => {
        const reading = readMultipart(inPieces(all.join(''), cuts, B), rulesOf(), LIMIT);
        await reading.catch((error: unknown) => expect(error).toBeInstanceOf(Problem));
      }),
    );
  });
});
