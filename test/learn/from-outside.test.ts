import { describe, expect, test } from 'vitest';
import type { Workload } from '../../src/compiler/model/workload.ts';
import { binaryEvent, execEvent, type Ran } from '../support/cluster-events.ts';
import { learnt } from '../support/learning.ts';
import { service, workload } from '../support/services.ts';

/** What starts in a container from outside: probes, hooks and `kubectl exec`. */

const LABELS = { 'app.kubernetes.io/name': 'web' };
const START = ran('/usr/bin/web', { from: 'init' });

function web(more: Record<string, unknown>): Workload {
  return workload(service([{ name: 'web', image: 'web:1', ...more }]));
}

function ran(binary: string, more: Partial<Ran> = {}) {
  return execEvent({ binary, labels: LABELS, from: 'outside', ...more });
}

/** The event of a process that another one has started from outside the tree. */
function childOf(parent: ReturnType<typeof ran>, binary: string, args = '') {
  const child = ran(binary, { args });
  return {
    ...child,
    process_exec: { ...Object(child.process_exec), parent: Object(parent.process_exec).process },
  };
}

function told(of: Workload, events: readonly unknown[], path: string) {
  const { containers, policies } = learnt(of, [START, ...events]);
  const found = containers[0]?.binaries.find((each) => each.path === path);
  return {
    proposed: found?.proposed,
    classes: found?.classes.map((each) => each.class),
    verdict: policies.find(({ policy }) => policy === 'allow-binaries')?.verdict,
  };
}

describe('what allow-binaries reports of the runtime', () => {
  const plain = web({});
  /** The runtime before it runs a program in a running container. Linux gives it neither the pod nor its namespaces yet. */
  const stages: [string, Partial<Ran>][] = [
    ['by its own file', { binary: '/usr/bin/runc', args: 'exec web /usr/bin/psql' }],
    ['by a descriptor', { binary: '/dev/fd/5', args: 'init' }],
    ['by a descriptor, in the pod', { binary: '/dev/fd/5', args: 'init', process: {} }],
    ['with its namespaces', { binary: '/proc/self/exe', process: { ns: { pid: { is_host: true } } } }],
  ];

  test.each(stages)('is left out when kubectl exec ran it, %s', (_, stage) => {
    const event = binaryEvent({ binary: '', labels: LABELS, from: 'outside', ...stage }, '/usr/bin/psql');
    expect(told(plain, [event], '/usr/bin/psql')).toEqual({
      proposed: false,
      classes: ['exec'],
      verdict: 'ready',
    });
  });

  test.each(stages)('is proposed when the container starts with it, %s', (_, stage) => {
    const process = { ...stage.process, in_init_tree: true };
    const event = binaryEvent(
      { binary: '', labels: LABELS, from: 'init', ...stage, process },
      '/usr/bin/psql',
    );
    expect(told(plain, [event], '/usr/bin/psql')).toMatchObject({ proposed: true, classes: [] });
  });

  test('may be a hook, which no other event tells where it is stopped', () => {
    const hooked = web({ lifecycle: { preStop: { exec: { command: ['drain', '5'] } } } });
    const event = binaryEvent(
      { binary: '/usr/bin/runc', args: 'exec', labels: LABELS, from: 'outside' },
      '/usr/bin/drain',
    );
    expect(told(hooked, [event], '/usr/bin/drain')).toEqual({
      proposed: false,
      classes: ['exec'],
      verdict: 'no-policy',
    });
    expect(told(hooked, [event, ran('/usr/bin/drain', { args: '5' })], '/usr/bin/drain')).toEqual({
      proposed: true,
      classes: [],
      verdict: 'ready',
    });
  });
});

describe('a hook is recognised', () => {
  test.each<[string, readonly string[], Partial<Ran> & { readonly binary: string }]>([
    ['by its words', ['/bin/drain', '5'], { binary: '/bin/drain', args: '5' }],
    ['without words', ['/bin/drain'], { binary: '/bin/drain' }],
    ['by a first word with a space', ['/bin/drain', 'a b', 'c'], { binary: '/bin/drain', args: ' "a b" c' }],
    ['by its name', ['drain', '5'], { binary: '/usr/bin/drain', args: '5' }],
    ['by a relative path', ['./bin/drain', '5'], { binary: '/srv/bin/drain', args: '5' }],
    ['as a script', ['/bin/drain', '5'], { binary: '/bin/drain', args: '/bin/drain 5' }],
    ['as a script without words', ['/bin/drain'], { binary: '/bin/drain', args: '/bin/drain' }],
    ['as a script with an option', ['/bin/drain', '5'], { binary: '/bin/drain', args: '-e /bin/drain 5' }],
    [
      'as a script by env with options',
      ['/bin/drain', '5'],
      { binary: '/bin/drain', args: ' "-S bash -e" /bin/drain 5' },
    ],
  ])('%s', (_, command, more) => {
    const hooked = web({ lifecycle: { preStop: { exec: { command } } } });
    // What a hook starts by itself is proposed. What kubectl exec starts is not.
    const events = [ran(more.binary, more), childOf(ran(more.binary, more), '/opt/child')];
    expect(told(hooked, events, '/opt/child')).toMatchObject({ proposed: true, classes: [] });
  });

  test.each<[string, readonly string[], Partial<Ran> & { readonly binary: string }]>([
    ['with other words', ['/bin/drain', '5'], { binary: '/bin/drain', args: '6' }],
    ['with more words', ['/bin/drain', '5'], { binary: '/bin/drain', args: '5 6' }],
    ['in another directory', ['./bin/drain', '5'], { binary: '/srv/xbin/drain', args: '5' }],
    [
      'as a shell that runs another script',
      ['/bin/dash', '-c', 'id'],
      { binary: '/bin/dash', args: '/tmp/evil /bin/dash -c id' },
    ],
    [
      'as an interpreter with a program',
      ['/usr/bin/perl', 'x'],
      { binary: '/usr/bin/perl', args: '-esystem /usr/bin/perl x' },
    ],
  ])('but not %s', (_, command, more) => {
    const hooked = web({ lifecycle: { preStop: { exec: { command } } } });
    const events = [ran(more.binary, more), childOf(ran(more.binary, more), '/opt/child')];
    expect(told(hooked, events, '/opt/child').classes).toContain('exec');
  });
});

describe('what a probe runs by others', () => {
  const probed = web({ livenessProbe: { exec: { command: ['/bin/sh', '-c', '/opt/check'] } } });
  const probe = ran('/bin/sh', { args: '-c /opt/check' });
  const check = childOf(probe, '/opt/check', '/opt/check');

  test('is proposed when it starts it itself', () => {
    expect(told(probed, [probe, check], '/opt/check')).toMatchObject({ proposed: true, verdict: 'ready' });
  });

  test.each([1, 2, 5])('is left out after %i steps, and keeps the policy from being ready', (steps) => {
    let last = check;
    const events: unknown[] = [probe, check];
    for (let step = 1; step <= steps; step += 1) {
      last = childOf(last, `/usr/bin/step${step}`);
      events.unshift(last);
    }
    expect(told(probed, events, `/usr/bin/step${steps}`)).toEqual({
      proposed: false,
      classes: ['exec'],
      verdict: 'not-ready',
    });
  });

  test('is told from what kubectl exec runs by a shell', () => {
    const shell = ran('/bin/bash');
    const events = [probe, check, shell, childOf(shell, '/usr/bin/top')];
    expect(told(probed, events, '/usr/bin/top')).toEqual({
      proposed: false,
      classes: ['exec'],
      verdict: 'ready',
    });
  });

  test('ends where two started each other', () => {
    const one = childOf(check, '/usr/bin/one');
    const events = [
      probe,
      check,
      one,
      childOf(one, '/usr/bin/two'),
      childOf(childOf(one, '/usr/bin/two'), '/usr/bin/one'),
    ];
    expect(told(probed, events, '/usr/bin/one').verdict).toBe('not-ready');
  });
});

describe('a hook that no event shows', () => {
  test.each<[string, readonly string[], string]>([
    ['joins the list, and keeps nothing from being ready', ['/bin/drain'], 'ready'],
    ['leaves no list where nobody lists its name', ['drain'], 'no-policy'],
    ['is known by its name where that is listed', ['web'], 'ready'],
    ['keeps the policy from being ready by a shell', ['/bin/sh', '-c', 'drain'], 'not-enough-seen'],
  ])('%s', (_, command, verdict) => {
    const hooked = web({ lifecycle: { preStop: { exec: { command } } } });
    const { policies } = learnt(hooked, [START]);
    const found = policies.find(({ policy }) => policy === 'allow-binaries');
    expect(found?.verdict).toBe(verdict);
    if (verdict === 'ready') expect(found?.reasons).toEqual([]);
    if (verdict === 'not-enough-seen')
      expect(found?.reasons.join()).toContain('No event shows a run of /bin/sh by a probe or a hook');
  });
});
