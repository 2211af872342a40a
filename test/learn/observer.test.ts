import { describe, expect, test } from 'vitest';
import { TooManyEvents } from '../../src/events/events-unreadable.ts';
import { readEvent } from '../../src/events/tetragon-event.ts';
import { Observer } from '../../src/learn/observer.ts';
import { originOf, subjectOf } from '../../src/learn/origin.ts';
import { binaryEvent, execEvent, kprobeEvent, type Ran, writeEvent } from '../support/cluster-events.ts';
import { observe } from '../support/learning.ts';
import { workload, workloads } from '../support/services.ts';

function deployment(name: string, spec: Record<string, unknown> = {}, labels = { app: name }) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }], ...spec } },
    },
  };
}

const WEB = workload(deployment('web'));

describe('an event belongs to a container', () => {
  test.each<[string, Ran, Partial<Observer['setAside']>]>([
    ['by namespace, labels and container', { binary: '/a' }, {}],
    ['whatever other labels its pod has', { binary: '/a', labels: { app: 'web', hash: '1' } }, {}],
    ['but not in another namespace', { binary: '/a', namespace: 'ops' }, { 'other-namespace': 1 }],
    ['but not with other labels', { binary: '/a', labels: { app: 'api' } }, { 'other-pod': 1 }],
    ['but not without labels', { binary: '/a', labels: {} }, { 'other-pod': 1 }],
    ['but not in another container', { binary: '/a', container: 'istio-proxy' }, { 'other-container': 1 }],
    ['but not as a prototype', { binary: '/a', container: '__proto__' }, { 'other-container': 1 }],
    ['but not on the host', { binary: '/a', process: { pod: undefined } }, { host: 1 }],
  ])('%s', (_, ran, aside) => {
    const observer = observe([WEB], [execEvent(ran)]);
    const none = Object.fromEntries(Object.keys(observer.setAside).map((reason) => [reason, 0]));
    expect(observer.setAside).toEqual({ ...none, ...aside });
    expect(observer.observations).toHaveLength(Object.keys(aside).length === 0 ? 1 : 0);
  });

  test('but not when two workloads select its pod', () => {
    const both = [deployment('web'), deployment('web2', {}, { app: 'web' })];
    const observer = observe(workloads(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: both })), [
      execEvent({ binary: '/a' }),
    ]);
    expect(observer.setAside['several-workloads']).toBe(1);
  });

  test('by the message of our policy, when the event has no pod', () => {
    const ran: Ran = { binary: '/usr/bin/runc', process: { pod: undefined } };
    const observer = observe([WEB], [binaryEvent(ran, '/app/server')]);
    expect(observer.observations[0]?.binaries.has('/app/server')).toBe(true);
  });

  test.each([
    [
      'of another service',
      'Would block a binary outside the allowlist of service shop/api (default version 1)',
      'other-pod',
    ],
    [
      'of another namespace',
      'Would block a binary outside the allowlist of service ops/web (default version 1)',
      'other-namespace',
    ],
    ['of nobody', 'Would block a binary outside the allowlist of a pod labelled x', 'host'],
  ])('but not by the message %s', (_, message, reason) => {
    const event = kprobeEvent(
      { binary: '/usr/bin/runc', process: { pod: undefined } },
      { policy: 'allow-binaries', call: 'security_bprm_check', args: [], message },
    );
    expect(observe([WEB], [event]).setAside).toMatchObject({ [reason]: 1 });
  });

  test('of a policy of somebody else is set aside', () => {
    const event = kprobeEvent(
      { binary: '/a' },
      { policy: 'allow-binaries', name: 'watch', call: 'sys_open', args: [] },
    );
    expect(observe([WEB], [event]).setAside['other-policy']).toBe(1);
  });
});

describe('a process comes', () => {
  const probed = workload(
    deployment('web', {
      containers: [
        {
          name: 'web',
          livenessProbe: { exec: { command: ['/bin/sh', '-c', 'pg_isready -q'] } },
          lifecycle: { preStop: { exec: { command: ['/bin/sleep', '5'] } } },
        },
      ],
    }),
  );
  const shared = workload(deployment('web', { shareProcessNamespace: true }));
  const outside: Ran = { binary: '/bin/sh', from: 'outside' };
  const probe: Ran = { ...outside, args: '-c "pg_isready -q"' };

  test.each<[string, ReturnType<typeof workload>, Ran, Ran | undefined, string]>([
    ['from the container', WEB, { binary: '/app', from: 'init' }, undefined, 'tree'],
    ['from kubectl exec', WEB, outside, undefined, 'outside'],
    ['from kubectl exec, with the binary of a probe', probed, outside, undefined, 'outside'],
    ['from a probe', probed, probe, undefined, 'declared'],
    ['from a hook', probed, { ...outside, binary: '/bin/sleep', args: '5' }, undefined, 'declared'],
    [
      'from what a probe started',
      probed,
      { ...outside, binary: '/usr/bin/pg_isready', args: '-q' },
      probe,
      'declared',
    ],
    [
      'from what kubectl exec started',
      probed,
      { ...outside, binary: '/usr/bin/pg_isready' },
      outside,
      'outside',
    ],
    ['from the runtime', WEB, { ...outside, binary: '/proc/self/exe', args: 'init' }, undefined, 'runtime'],
    [
      'from a copy of the runtime',
      WEB,
      { ...outside, binary: '/dev/fd/6', args: 'init' },
      undefined,
      'runtime',
    ],
    [
      'from the container, by a descriptor',
      WEB,
      { binary: '/dev/fd/6', args: 'init', from: 'tree' },
      undefined,
      'tree',
    ],
    [
      'from the host',
      WEB,
      { binary: '/runc', process: { ns: { pid: { is_host: true } } } },
      undefined,
      'runtime',
    ],
    ['from where the pod does not tell', shared, outside, undefined, 'unknown'],
    [
      'from where the event does not tell',
      WEB,
      { ...outside, process: { in_init_tree: undefined } },
      undefined,
      'unknown',
    ],
    ['from before the agent', WEB, { ...outside, process: { flags: 'procFS' } }, undefined, 'unknown'],
  ])('%s', (_, of, ran, parent, origin) => {
    const process = readOne(ran);
    const [container] = of.containers;
    if (process === undefined || container === undefined) throw new Error('nothing to test');
    expect(originOf(process, parent && readOne(parent), subjectOf(of, container))).toBe(origin);
  });

  function readOne(ran: Ran) {
    const read = readEvent(execEvent(ran));
    return read.ok ? read.event.process : undefined;
  }
});

test('the words of a probe are read once, and not for each event', () => {
  const [container] = WEB.containers;
  const read = readEvent(execEvent({ binary: '/bin/check', from: 'outside', args: '-q' }));
  if (!read.ok || container === undefined) throw new Error('nothing to test');
  const words = ['/bin/check', '-q'];
  let reads = 0;
  const probe = {
    kind: 'livenessProbe',
    binary: '/bin/check',
    path: [],
    get words() {
      reads += 1;
      return words;
    },
  } as const;
  const observer = new Observer([{ ...WEB, containers: [{ ...container, execProbes: [probe] }] }]);
  for (let index = 0; index < 100; index += 1) observer.take(read.event);
  expect([...(observer.observations[0]?.binaries.get('/bin/check')?.origins ?? [])]).toEqual(['declared']);
  expect(reads).toBe(1);
});

describe('what is kept', () => {
  test('counts starts, pods and parents of a binary', () => {
    const [seen] = observe(
      [WEB],
      [
        execEvent({ binary: '/usr/bin/web', from: 'init', at: 10 }),
        execEvent({ binary: '/usr/bin/web', from: 'init', pod: 'web-2', at: 3_600 }),
        execEvent({ binary: '/bin/date', from: 'tree', at: 20 }),
        execEvent({ binary: '/bin/date', from: 'tree', at: 30 }),
      ],
    ).observations;
    expect(seen?.starts.size).toBe(2);
    expect(seen?.pods).toBe(2);
    expect(seen?.first).toBe('2026-11-25T08:00:10.000Z');
    expect(seen?.last).toBe('2026-11-25T09:00:00.000Z');
    expect(seen?.binaries.get('/bin/date')).toMatchObject({
      runs: 2,
      parents: new Map([['/usr/bin/web', 2]]),
    });
    expect(seen?.binaries.get('/usr/bin/web')?.parents).toEqual(new Map([['', 2]]));
  });

  test('counts a container that replaces its own program as started once', () => {
    const [seen] = observe(
      [WEB],
      [
        execEvent({ binary: '/entrypoint.sh', from: 'init' }),
        execEvent({ binary: '/usr/bin/web', from: 'tree', parent: '/entrypoint.sh', at: 1 }),
      ],
    ).observations;
    expect(seen?.starts.size).toBe(1);
  });

  test('holds no argument of a process', () => {
    const secret = 'hunter2';
    const { observations } = observe(
      [WEB],
      [
        execEvent({ binary: '/usr/bin/web', args: `--password ${secret}` }),
        writeEvent({ binary: '/usr/bin/web', args: `--password ${secret}` }, '/var/run/web.pid'),
        binaryEvent({ binary: '/usr/bin/web', args: `--password ${secret}` }, '/bin/date'),
      ],
    );
    const kept = JSON.stringify(observations, (_, value: unknown) =>
      value instanceof Map || value instanceof Set ? [...value] : value,
    );
    expect(kept).toContain('/bin/date');
    expect(kept).not.toContain(secret);
  });

  test.each([
    [{ observations: 8, observationCharacters: 1_000 }],
    [{ observations: 1_000, observationCharacters: 64 }],
  ])('is bounded by %j', (limits) => {
    const observer = new Observer([WEB], limits);
    const take = (binary: string): void => {
      const read = readEvent(execEvent({ binary, from: 'tree', parent: '/p' }));
      if (read.ok) observer.take(read.event);
    };
    take('/bin/1');
    take('/bin/1');
    expect(() => {
      for (let index = 2; index < 100; index += 1) take(`/bin/${index}`);
    }).toThrow(TooManyEvents);
  });

  test('counts a character that cannot be shown by what an answer writes for it', () => {
    const observer = new Observer([WEB], { observations: 1_000, observationCharacters: 80 });
    const take = (binary: string): void => {
      const read = readEvent(execEvent({ binary, from: 'init' }));
      if (read.ok) observer.take(read.event);
    };
    take('/bin/123456789');
    expect(() => take(`/bin/${'\u202e'.repeat(9)}`)).toThrow(TooManyEvents);
  });
});
