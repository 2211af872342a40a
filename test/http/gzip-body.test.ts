import fc from 'fast-check';
import { gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import apiServer from '../../examples/api-server.yaml?raw';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { bodyPieces } from '../../src/http/gzip-body.ts';
import { Problem } from '../../src/http/problems.ts';
import { compilation, problem, publish, send } from '../support/worker.ts';

const encoder = new TextEncoder();

/** Posts bytes as YAML, compressed as the header says. */
function postEncoded(body: Uint8Array, encoding: string, type = 'application/yaml'): Promise<Response> {
  return send('/compile', {
    method: 'POST',
    body,
    headers: { 'content-type': type, 'content-encoding': encoding },
  });
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** What a body expands to, given in pieces of a length; or the code of the problem. */
async function expand(bytes: Uint8Array, piece = 1_000_000, limit = 1_000_000): Promise<string> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += piece) controller.enqueue(bytes.slice(at, at + piece));
      controller.close();
    },
  });
  const request = new Request('https://tracewright.example/', {
    method: 'POST',
    body,
    headers: { 'content-encoding': 'gzip' },
  });
  try {
    const pieces: Uint8Array[] = [];
    for await (const each of bodyPieces(request, limit, () => new Problem('body-too-large', 'too large')))
      pieces.push(each);
    return new TextDecoder().decode(concat(...pieces));
  } catch (error) {
    if (error instanceof Problem) return error.problem;
    throw error;
  }
}

describe('a body with content-encoding: gzip', () => {
  test.each(['gzip', 'GZIP', 'x-gzip'])('%s is answered as the plain one', async (encoding) => {
    await publish('permit (principal, action, resource);');
    const plain = await compilation(await postEncoded(encoder.encode(apiServer), 'identity'));
    expect(await compilation(await postEncoded(gzipSync(encoder.encode(apiServer)), encoding))).toEqual(
      plain,
    );
  });

  test('may be a form', async () => {
    await publish('permit (principal, action, resource);');
    const form = new FormData();
    form.set('workloads', new File([apiServer], 'service.yaml'));
    const plain = new Response(form);
    const bytes = new Uint8Array(await plain.arrayBuffer());
    await compilation(await postEncoded(gzipSync(bytes), 'gzip', plain.headers.get('content-type') ?? ''));
  });

  test.each(['br', 'deflate', 'gzip, gzip', 'zstd'])('%s is not supported', async (encoding) => {
    const { detail } = await problem(
      await postEncoded(encoder.encode('{}'), encoding),
      'unsupported-media-type',
    );
    expect(detail).toBe(
      `A body with content-encoding: ${encoding} is not supported. Send it as it is, or compressed once with gzip.`,
    );
  });

  test('that is no gzip is refused', async () => {
    const { detail } = await problem(await postEncoded(encoder.encode('{}'), 'gzip'), 'malformed-body');
    expect(detail).toContain('it is damaged, cut off or no gzip');
  });

  test('expands to the limit of the operation, and not to one byte more', async () => {
    await publish('permit (principal, action, resource);');
    const head = `${apiServer}---\napiVersion: v1\nkind: ConfigMap\ndata:\n  a: `;
    const of = (length: number) => gzipSync(encoder.encode(head + 'x'.repeat(length - head.length)));
    await compilation(await postEncoded(of(LIMITS.workloadBytes), 'gzip'));
    const { detail } = await problem(
      await postEncoded(of(LIMITS.workloadBytes + 1), 'gzip'),
      'body-too-large',
    );
    expect(detail).toMatch(
      /^The body has more than 16777216 bytes \(16 MiB\)\. Leave out what is no workload/,
    );
  });

  test('has a limit as it is sent, declared or streamed', async () => {
    const { detail } = await problem(
      await postEncoded(new Uint8Array(LIMITS.gzipBytes + 1), 'gzip'),
      'body-too-large',
    );
    expect(detail).toMatch(/^The compressed body has more than 4194304 bytes/);
    const members = gzipSync(new Uint8Array(0));
    const many = new Uint8Array(LIMITS.gzipBytes + 1).map((_, index) => members[index % members.length] ?? 0);
    expect(await expand(many, 65_536)).toBe('body-too-large');
  });
});

describe('expanding', () => {
  const text = apiServer.repeat(20);
  const zipped = gzipSync(encoder.encode(text), { filename: 'bundle.yaml' });

  test('gives the text, in whatever pieces it comes', async () => {
    for (const piece of [1, 7, 100, 65_536]) expect(await expand(zipped, piece)).toBe(text);
  });

  test('takes several members, also empty ones', async () => {
    const members = ['a: 1\n', '', '---\n', 'b: 2\n'].map((part) => gzipSync(encoder.encode(part)));
    for (const piece of [1, 5, 1_000])
      expect(await expand(concat(...members), piece)).toBe('a: 1\n---\nb: 2\n');
  });

  test('refuses every cut', async () => {
    const short = concat(gzipSync(encoder.encode('a: 1\n')), gzipSync(encoder.encode('b: 2\n')));
    const whole = short.length / 2;
    for (let length = 0; length < short.length; length += 1)
      if (length !== whole)
        expect([length, await expand(short.slice(0, length), 3)]).toEqual([length, 'malformed-body']);
  });

  test('gives no other text, whichever bit of the data and of the checksums is changed', async () => {
    const content = 'kind: Pod\nmetadata: {name: a}\n';
    const short = gzipSync(encoder.encode(content));
    for (let bit = 80; bit < 8 * short.length; bit += 1) {
      const changed = short.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // The last bits before the checksum mean nothing.
      expect(['malformed-body', content]).toContain(await expand(changed));
    }
  });

  test('refuses what comes after the last member', async () => {
    for (const rest of ['\0', '\0\0\0\0\0\0\0\0\0', 'garbage that is no member'])
      expect(await expand(concat(zipped, encoder.encode(rest)))).toBe('malformed-body');
  });

  test('stops a bomb at the limit', async () => {
    const bomb = gzipSync(new Uint8Array(50_000_000), { level: 9 });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await expand(bomb)).toBe('body-too-large');
  });

  test('stops a header without end, which would be copied again and again', async () => {
    const header = new Uint8Array(1_000_000).fill(0x61);
    header.set([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
    expect(await expand(header)).toBe('malformed-body');
  });

  test('ends in a text or in a problem, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        async (bytes, piece) => {
          const body = concat(new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), bytes);
          expect(await expand(body, piece)).toBeTypeOf('string');
        },
      ),
      { numRuns: 300 },
    );
  });
});
