import { describe, expect, test } from 'vitest';
import { blockWords, outcomeWords, processNotes } from '../../src/events/block-words.ts';
import type { Blocked } from '../../src/events/blocked.ts';
import type { BlockedAction } from '../../src/events/blocked-action.ts';
import { remediesOf } from '../../src/events/remedies.ts';
import type { EventProcess } from '../../src/events/tetragon-event.ts';
import { app, service, workload } from '../support/services.ts';

function block(action: BlockedAction, more: Partial<Blocked> = {}): Blocked {
  return {
    policy: 'baseline',
    policyName: 'any',
    mode: 'enforce',
    namespace: 'shop',
    service: 'web',
    container: 'app',
    confined: false,
    policySet: undefined,
    action,
    ...more,
  };
}

const binary = (more: Partial<Extract<BlockedAction, { kind: 'binary' }>>): BlockedAction => ({
  kind: 'binary',
  resolved: '/bin/a',
  requested: '/bin/a',
  deleted: false,
  ...more,
});

describe('a sentence about', () => {
  test.each<[string, BlockedAction, string]>([
    ['a binary', binary({}), '/bin/a is not on the allowlist of shop/web.'],
    [
      'a binary by another name',
      binary({ requested: './a' }),
      '/bin/a (started as ./a) is not on the allowlist of shop/web.',
    ],
    [
      'a binary that is only asked for',
      binary({ resolved: undefined }),
      'A binary, started as /bin/a, is not on the allowlist of shop/web.',
    ],
    [
      'an unknown binary',
      binary({ resolved: undefined, requested: undefined }),
      'A binary is not on the allowlist of shop/web.',
    ],
    [
      'a memfd',
      binary({ resolved: '/memfd:x', deleted: true }),
      'A file that is in no directory, seen as /memfd:x, is not on the allowlist of shop/web.',
    ],
    [
      'an odd name',
      binary({ resolved: '/bin/a b', requested: '/bin/a b' }),
      '"/bin/a b" is not on the allowlist of shop/web.',
    ],
    [
      'a write',
      { kind: 'rootfs-write', what: 'write', path: '/a' },
      'The root filesystem of shop/web is read-only: /a was to be opened for writing.',
    ],
    [
      'a directory',
      { kind: 'rootfs-write', what: 'mkdir', path: undefined },
      'The root filesystem of shop/web is read-only: a file was to be made as a directory.',
    ],
    [
      'root',
      { kind: 'identity', what: 'uid', id: 'user', from: 5, to: 0 },
      'Processes of shop/web may not become root: a process of user 5 was to get the user id 0.',
    ],
    [
      'group 0',
      { kind: 'identity', what: 'gid', id: 'group', from: undefined, to: 0 },
      'Processes of shop/web may not take group 0: a process was to get the group id 0.',
    ],
    [
      'a setgid program',
      { kind: 'identity', what: 'setid-program', id: 'group', from: 5, to: 0 },
      'Processes of shop/web may not take group 0: a process of group 5 was to run a setgid program.',
    ],
    [
      'capabilities',
      { kind: 'capability', how: 'capset', capabilities: ['KILL', '63'] },
      'A process of shop/web asked for more capabilities than the pod may hold: KILL, 63.',
    ],
    [
      'unreadable capabilities',
      { kind: 'capability', how: 'capset', capabilities: [] },
      'A process of shop/web asked for more capabilities than the pod may hold: the event does not say which.',
    ],
    [
      'file capabilities',
      { kind: 'capability', how: 'file', capabilities: [] },
      'A program of shop/web has file capabilities that the pod may not hold.',
    ],
    [
      'a credential file',
      {
        kind: 'baseline',
        tier: 'credentialFiles',
        call: 'security_inode_rename',
        paths: ['/a', '/etc/passwd'],
      },
      'The cluster baseline lets no pod do this: to change a credential file /a and /etc/passwd (security_inode_rename).',
    ],
  ])('%s', (_, action, words) => {
    expect(blockWords(block(action), 'shop/web')).toBe(words);
  });

  test('a policy of one container names it', () => {
    expect(blockWords(block(binary({}), { confined: true }), 'shop/web')).toBe(
      '/bin/a is not on the allowlist of shop/web, container app.',
    );
  });
});

describe('the outcome', () => {
  const module: BlockedAction = {
    kind: 'baseline',
    tier: 'modules',
    call: 'security_kernel_module_request',
    paths: [],
  };
  test.each<[Blocked['mode'], BlockedAction, RegExp]>([
    ['enforce', binary({}), /^The process was killed\.$/],
    ['monitor', binary({}), /^Nothing happened.*would stop the process\.$/],
    ['unknown', binary({}), /earlier release/],
    ['enforce', module, /^The call failed, and the process lives\.$/],
    ['monitor', module, /^Nothing happened.*make the call fail\.$/],
  ])('%s of %j', (mode, action, words) => {
    expect(outcomeWords(block(action, { mode }))).toMatch(words);
  });
});

describe('a process', () => {
  const ordinary: EventProcess = {
    execId: 'a',
    binary: '/bin/app',
    arguments: '--password hunter2',
    cwd: '/',
    uid: 1,
    fromProc: false,
    inInitTree: true,
    inHostPidNamespace: false,
    unlinked: false,
    pod: undefined,
  };
  const container = { name: 'app', id: 'x', image: 'a', startTime: '', pid: 1, maybeExecProbe: true };
  const pod = {
    namespace: 'shop',
    name: 'web',
    uid: '',
    labels: {},
    workload: '',
    workloadKind: '',
    container,
  };
  test.each<[string, Partial<EventProcess>, RegExp | undefined]>([
    ['of the container', {}, undefined],
    ['of unknown origin', { inInitTree: undefined }, undefined],
    ['from outside', { inInitTree: false }, /kubectl exec/],
    ['of a probe', { inInitTree: false, pod }, /exec probe/],
    ['that is the runtime', { binary: '/usr/bin/runc' }, /starts the container/],
    [
      'that is the runtime in the container',
      { binary: 'runc:[2:INIT]', inInitTree: false },
      /in the running container/,
    ],
    ['of the host', { inHostPidNamespace: true }, /container runtime/],
  ])('%s', (_, more, words) => {
    const notes = processNotes({ ...ordinary, ...more });
    expect(notes).toHaveLength(words === undefined ? 0 : 1);
    if (words !== undefined) expect(notes[0]).toMatch(words);
    expect(notes.join()).not.toContain('hunter2');
  });
});

describe('what ends a block', () => {
  const none = { workload: undefined, container: undefined };
  const overridesOf = (action: BlockedAction): (string | undefined)[] =>
    remediesOf(block(action), none).remedies.map(({ override }) => override);

  test.each<[string, BlockedAction]>([
    ['a path that is not UTF-8', binary({ resolved: '/bin/\ufffd', requested: '/bin/\ufffd' })],
    ['a path with a line break', binary({ resolved: '/bin/a\nb', requested: undefined })],
    ['a path that turns around', binary({ resolved: '/bin/\u202ea', requested: undefined })],
    ['no path', binary({ resolved: undefined, requested: undefined })],
    ['a relative path alone', binary({ resolved: undefined, requested: 'a' })],
    ['a memfd', binary({ resolved: '/memfd:a', requested: '/proc/self/fd/3', deleted: true })],
    ['capabilities that have no name', { kind: 'capability', how: 'capset', capabilities: ['63'] }],
    ['the baseline', { kind: 'baseline', tier: 'mount', call: 'security_sb_mount', paths: [] }],
  ])('%s: no override, and a reason', (_, action) => {
    expect(overridesOf(action)).toEqual([]);
    expect(remediesOf(block(action), none).notes).not.toEqual([]);
  });

  test('where the path of a write is unknown, a mount cannot be proposed', () => {
    expect(overridesOf({ kind: 'rootfs-write', what: 'create', path: undefined })).toEqual([
      'readWriteRootFilesystem',
    ]);
  });

  test('a binary in a place that the pod may write to is told of', () => {
    const subject = workload(service([app({}, { volumes: { '/data': {} } })]));
    const [container] = subject.containers;
    const { notes } = remediesOf(block(binary({ resolved: '/data/x', requested: '/data/x' })), {
      workload: subject,
      container,
    });
    expect(notes.join()).toMatch(/\/data\/x is in a place that processes may write to/);
  });

  test('a write below a mount of the workload says that the pod is older', () => {
    const subject = workload(service([app({}, { volumes: { '/data': {} } })]));
    const [container] = subject.containers;
    const { notes } = remediesOf(block({ kind: 'rootfs-write', what: 'write', path: '/data/x' }), {
      workload: subject,
      container,
    });
    expect(notes.join()).toMatch(/mounts a volume there already/);
  });

  test.each<[string, object, readonly string[]]>([
    ['dropped', { drop: ['ALL'] }, ['KILL', 'NET_ADMIN']],
    ['added', { drop: ['ALL'], add: ['KILL'] }, ['NET_ADMIN']],
    ['of the runtime', {}, ['NET_ADMIN']],
  ])('capabilities: only those beyond what is %s', (_, capabilities, expected) => {
    const subject = workload(service([app({ capabilities })]));
    const action: BlockedAction = { kind: 'capability', how: 'capset', capabilities: ['KILL', 'NET_ADMIN'] };
    const { remedies } = remediesOf(block(action), { workload: subject, container: subject.containers[0] });
    expect(remedies.map(({ override }) => override)).toEqual(expected.map((name) => `capability:${name}`));
  });

  test('capabilities of the runtime count as withheld where nothing else was beyond (unset=restricted)', () => {
    const subject = workload(service([app({})]));
    const action: BlockedAction = { kind: 'capability', how: 'capset', capabilities: ['KILL'] };
    const { remedies } = remediesOf(block(action), { workload: subject, container: subject.containers[0] });
    expect(remedies.map(({ override }) => override)).toEqual(['capability:KILL']);
  });
});
