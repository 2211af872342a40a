import { expect, test } from 'vitest';
import { runPolicies } from '../../src/cli/policies/run-policies.ts';
import type { FetchInit, Shell } from '../../src/cli/shell/shell.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A shell without a process: answers come from a list, and what is sent and written is kept. */
function shellOf({
  answers = [],
  variables = {},
}: {
  readonly answers?: readonly (Answer | Error)[];
  readonly variables?: Shell['variables'];
}) {
  const sent: { url: string; init: FetchInit }[] = [];
  const written = { out: '', err: '' };
  const waiting = [...answers];
  const shell: Shell = {
    variables,
    fetch: async (url, init) => {
      sent.push({ url, init });
      const answer = waiting.shift() ?? new Error('socket hang up');
      if (answer instanceof Error) throw answer;
      const headers = new Headers({ 'content-type': 'application/json' });
      return { status: answer.status, headers, text: async () => answer.text };
    },
    pathOf: (path) => path,
    readInput: () => 'what stands on stdin',
    write(text) {
      written.out += text;
    },
    print(line) {
      written.out += `${line}\n`;
    },
    note(line) {
      written.err += `${line}\n`;
    },
  };
  return { shell, sent, written };
}

const UNAVAILABLE = { status: 503, text: '{}' };
const RESTORED = { status: 200, text: '{}' };

test('a request that gets no answer is repeated, as the same request', async () => {
  const { shell, sent, written } = shellOf({ answers: [new Error('Cut off.'), UNAVAILABLE, RESTORED] });
  expect(await runPolicies(['restore', '--set', 'a'], shell)).toBe(0);
  expect(written).toEqual({ out: 'a is restored.\n', err: '' });
  expect(sent).toHaveLength(3);
  expect(new Set(sent.map(({ init }) => init.headers['idempotency-key'])).size).toBe(1);
});

test('after three attempts a command gives up', async () => {
  const { shell, sent, written } = shellOf({});
  expect(await runPolicies(['who', '--url', 'http://api.test'], shell)).toBe(3);
  expect(written).toEqual({ out: '', err: 'http://api.test does not answer: socket hang up.\n' });
  expect(sent).toHaveLength(3);
});

test('the creation of a key is sent once, because a repetition would create another one', async () => {
  const { shell, sent } = shellOf({ answers: [UNAVAILABLE, RESTORED] });
  const args = ['keys', 'create', '--name', 'CI', '--owner', 'ada', '--scope', 'read'];
  expect(await runPolicies(args, shell)).toBe(3);
  expect(sent).toHaveLength(1);
});

test('the API and the credentials come from the variables, and --url wins', async () => {
  const variables = { TRACEWRIGHT_URL: 'http://one.test/', TRACEWRIGHT_TOKEN: 'tw_key' };
  const { shell, sent, written } = shellOf({ answers: [RESTORED, RESTORED], variables });
  expect(await runPolicies(['who'], shell)).toBe(0);
  expect(await runPolicies(['who', '--url', 'http://two.test'], shell)).toBe(0);
  expect(sent.map(({ url }) => url)).toEqual(['http://one.test/caller', 'http://two.test/caller']);
  expect(sent.map(({ init }) => init.headers.authorization)).toEqual(['Bearer tw_key', 'Bearer tw_key']);
  expect(written.out).toBe('{}\n{}\n');
});

test('workloads are read from stdin for -', async () => {
  const { shell, sent } = shellOf({ answers: [RESTORED] });
  expect(await runPolicies(['compile', '-'], shell)).toBe(0);
  expect(sent.map(({ init }) => init.body)).toEqual(['what stands on stdin']);
});

test('a fault of the program ends with 4, and tells where it is when asked', async () => {
  const broken = (variables: Shell['variables']) => {
    const { shell, written } = shellOf({ answers: [RESTORED], variables });
    const write = (): never => {
      throw new RangeError('The program is wrong.');
    };
    return { shell: { ...shell, write }, written };
  };
  const quiet = broken({});
  expect(await runPolicies(['who'], quiet.shell)).toBe(4);
  expect(quiet.written.err).toBe('The program failed unexpectedly: The program is wrong.\n');
  const loud = broken({ TRACEWRIGHT_DEBUG: '1' });
  expect(await runPolicies(['who'], loud.shell)).toBe(4);
  expect(loud.written.err).toMatch(/^RangeError: The program is wrong\.\n\s+at /);
});
