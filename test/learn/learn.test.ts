import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { containerBinaries } from '../../src/compiler/derive/binaries.ts';
import { DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import type { LearntWorkload } from '../../src/learn/learn.ts';
import { mountsFor } from '../../src/learn/mounts.ts';
import {
  binaryEvent,
  execEvent,
  exitEvent,
  kprobeEvent,
  type Ran,
  writeEvent,
} from '../support/cluster-events.ts';
import { learnt } from '../support/learning.ts';
import { service, workload } from '../support/services.ts';

/** The service `shop/web` with one container `web`; its pods have the label `app.kubernetes.io/name: web`. */
function web(security: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  return workload(service([{ name: 'web', image: 'web:1', securityContext: security, ...more }]));
}

const LABELS = { 'app.kubernetes.io/name': 'web' };

function ran(binary: string, more: Partial<Ran> = {}) {
  return execEvent({ binary, labels: LABELS, from: 'tree', ...more });
}

const START = ran('/usr/bin/web', { from: 'init' });

function binary({ containers }: LearntWorkload, path: string) {
  return containers[0]?.binaries.find((each) => each.path === path);
}

function verdict({ policies }: LearntWorkload, policy: string) {
  return policies.find((each) => each.policy === policy);
}

describe('a binary is', () => {
  const listed = web({ allowedBinaries: ['/usr/bin/web', '/usr/bin/date'] });

  test('listed, when the allowlist has it and it ran', () => {
    expect(binary(learnt(listed, [START]), '/usr/bin/web')).toMatchObject({
      status: 'listed',
      proposed: false,
    });
  });

  test('never seen, when the allowlist has it and it did not run', () => {
    expect(binary(learnt(listed, [START]), '/usr/bin/date')).toMatchObject({
      status: 'never-seen',
      seen: undefined,
    });
  });

  test('missing, when it ran and the allowlist has it not', () => {
    expect(binary(learnt(listed, [START, ran('/usr/bin/id')]), '/usr/bin/id')).toMatchObject({
      status: 'missing',
      proposed: true,
    });
  });

  test('listed, when its entrypoint, probe or file is', () => {
    const probed = web(
      {},
      { command: ['/usr/bin/web'], livenessProbe: { exec: { command: ['/bin/check'] } } },
    );
    const seen = learnt(probed, [START, ran('/bin/check', { from: 'outside' })]);
    expect(seen.containers[0]?.binaries.map(({ status }) => status)).toEqual(['listed', 'listed']);
    const byFile = learnt(web({ allowedBinaries: ['/usr/bin/web', '/bin/busybox'] }), [
      START,
      binaryEvent({ binary: '/usr/bin/web', labels: LABELS, from: 'tree' }, '/bin/ls', '/bin/busybox'),
    ]);
    expect(binary(byFile, '/bin/ls')?.status).toBe('listed');
  });

  test('seen, when only its end was', () => {
    const seen = learnt(web(), [exitEvent({ binary: '/usr/bin/id', labels: LABELS, from: 'tree' })]);
    expect(binary(seen, '/usr/bin/id')).toMatchObject({ status: 'missing', seen: { runs: 0 } });
  });
});

describe('is left out of the proposal', () => {
  const mounted = workload({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', labels: LABELS },
    spec: {
      containers: [
        {
          name: 'web',
          volumeMounts: [
            { name: 'cache', mountPath: '/cache/' },
            { name: 'conf', mountPath: '/conf' },
          ],
        },
      ],
      volumes: [
        { name: 'cache', emptyDir: {} },
        { name: 'conf', configMap: { name: 'conf' } },
      ],
    },
  });

  test.each<[string, Partial<Ran>, string[]]>([
    ['/bin/sh', {}, ['shell']],
    ['/usr/bin/apt-get', {}, ['package-manager']],
    ['/usr/bin/gcc', {}, ['compiler']],
    ['/usr/bin/python3', {}, ['interpreter']],
    ['/usr/bin/curl', {}, ['network-tool']],
    ['/tmp/x', {}, ['writable']],
    ['/cache/bin/x', {}, ['writable']],
    ['/usr/bin/id', { from: 'outside' }, ['exec']],
    ['/tmp/sh', { from: 'outside' }, ['shell', 'writable', 'exec']],
  ])('%s %j: %j', (path, more, classes) => {
    const seen = learnt(mounted, [ran(path, more)]);
    expect(binary(seen, path)?.classes.map((each) => each.class)).toEqual(classes);
    expect(seen.containers[0]?.proposal).toBeUndefined();
    const asked = learnt(mounted, [ran(path, more)], {
      include: new Set(binary(seen, path)?.classes.map((each) => each.class)),
    });
    expect(asked.containers[0]?.proposal?.allowedBinaries).toEqual([path]);
  });

  test('a link to a shell, whatever its name, but no script of one', () => {
    const at = { binary: '/usr/bin/web', labels: LABELS, from: 'tree' } as const;
    const seen = learnt(web(), [
      ran('/bin/ls'),
      binaryEvent(at, '/bin/ls', '/bin/busybox'),
      binaryEvent(at, '/app/run.sh'),
      binaryEvent(at, '/app/run.sh', '/usr/bin/dash'),
    ]);
    expect(binary(seen, '/bin/ls')?.classes).toEqual([
      { class: 'shell', reason: expect.stringContaining('Its file is /bin/busybox.') },
    ]);
    expect(seen.containers[0]?.proposal?.allowedBinaries).toEqual(['/app/run.sh']);
  });

  test('a file that is mounted, and one in the claim of a StatefulSet', () => {
    const set = workload({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        selector: { matchLabels: LABELS },
        template: {
          metadata: { labels: LABELS },
          spec: {
            containers: [
              {
                name: 'web',
                volumeMounts: [
                  { name: 'data', mountPath: '/data' },
                  { name: 'files', mountPath: '/usr/bin/tool', subPath: 'tool' },
                ],
              },
            ],
            volumes: [{ name: 'files', emptyDir: {} }],
          },
        },
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }],
      },
    });
    const seen = learnt(set, [ran('/data/bin/x'), ran('/usr/bin/tool'), ran('/usr/bin/id')]);
    expect(seen.containers[0]?.proposal?.allowedBinaries).toEqual(['/usr/bin/id']);
  });

  test('no file of a volume that the container cannot write to', () => {
    expect(binary(learnt(mounted, [ran('/conf/run')]), '/conf/run')?.proposed).toBe(true);
  });

  test.each([
    [
      'a memfd',
      ran('/memfd:x', { process: { binary_properties: { file: { inode: { links: 0 } } } } }),
      '/memfd:x',
    ],
    ['a descriptor', ran('/proc/self/fd/5'), '/proc/self/fd/5'],
    [
      'a deleted file',
      binaryEvent({ binary: '/usr/bin/web', labels: LABELS }, '/usr/bin/x', '/usr/bin/x', 0),
      '/usr/bin/x',
    ],
    ['a path with a bidirectional mark', ran('/usr/bin/\u202ex'), '/usr/bin/\u202ex'],
  ])('%s, whatever is included', (_, event, path) => {
    const include = new Set(['shell', 'writable', 'exec', 'interpreter'] as const);
    const seen = learnt(mounted, [event], { include });
    expect(binary(seen, path)).toMatchObject({ proposed: false, unlistable: expect.any(String) });
    expect(seen.containers[0]?.proposal).toBeUndefined();
  });

  test('not what a probe runs, nor what that starts', () => {
    const probed = web({}, { livenessProbe: { exec: { command: ['/bin/sh', '-c', 'pg_isready'] } } });
    const check = { from: 'outside', args: '-c pg_isready' } as const;
    const child = { ...execEvent({ binary: '/usr/bin/pg_isready', labels: LABELS, from: 'outside' }) };
    const parent = execEvent({ binary: '/bin/sh', labels: LABELS, ...check });
    const events = [
      parent,
      {
        ...child,
        process_exec: { ...Object(child.process_exec), parent: Object(parent.process_exec).process },
      },
    ];
    expect(binary(learnt(probed, events), '/usr/bin/pg_isready')?.proposed).toBe(true);
  });
});

describe('the proposal', () => {
  test('keeps what the allowlist has and adds what ran', () => {
    const seen = learnt(web({ allowedBinaries: ['/usr/bin/old'] }), [START, ran('/usr/bin/id')]);
    expect(seen.containers[0]?.proposal).toEqual({
      allowedBinaries: ['/usr/bin/id', '/usr/bin/old', '/usr/bin/web'],
      added: ['/usr/bin/id', '/usr/bin/web'],
    });
  });

  test('is none when nothing is missing', () => {
    expect(
      learnt(web({ allowedBinaries: ['/usr/bin/web'] }), [START]).containers[0]?.proposal,
    ).toBeUndefined();
  });

  test('takes the place of a wildcard', () => {
    const any = web({ allowedBinaries: ['*'] });
    expect(learnt(any, [START]).containers[0]?.proposal?.allowedBinaries).toEqual(['/usr/bin/web']);
    expect(learnt(any, []).containers[0]?.proposal).toBeUndefined();
    const entry = web({ allowedBinaries: ['*'] }, { command: ['/usr/bin/web'] });
    expect(learnt(entry, [START]).containers[0]?.proposal?.allowedBinaries).toEqual(['/usr/bin/web']);
  });

  test('names files where resolved paths are compared, and only when events tell them', () => {
    const compile = { ...DEFAULT_OPTIONS, pathMatching: 'resolved' } as const;
    const events = [
      START,
      binaryEvent({ binary: '/usr/bin/web', labels: LABELS, from: 'tree' }, '/usr/bin/id', '/opt/id'),
    ];
    const seen = learnt(web(), events, { compile });
    expect(seen.containers[0]?.proposal?.allowedBinaries).toEqual(['/opt/id']);
    expect(binary(seen, '/usr/bin/web')?.unlistable).toContain('pathMatching=resolved');
  });

  test('names the file of a path that cannot be listed', () => {
    const events = [
      binaryEvent({ binary: '/usr/bin/web', labels: LABELS, from: 'tree' }, '/proc/self/fd/3', '/opt/id'),
    ];
    expect(learnt(web(), events).containers[0]?.proposal?.allowedBinaries).toEqual(['/opt/id']);
  });

  test('makes an allowlist that lets everything run that is not left out', () => {
    const seen = learnt(web(), [START, ran('/usr/bin/id'), ran('/bin/sh')]);
    expect(seen.containers[0]?.proposal?.allowedBinaries).toEqual(['/usr/bin/id', '/usr/bin/web']);
  });
});

describe('the verdict about allow-binaries', () => {
  const complete = [START, ran('/usr/bin/id', { at: 90_000 })];

  test('is ready when all that ran is on the list, and enough was seen', () => {
    expect(verdict(learnt(web(), complete, { minHours: 24 }), 'allow-binaries')).toMatchObject({
      verdict: 'ready',
      reasons: [],
    });
  });

  test('is not ready when something is left out that the container itself runs', () => {
    expect(verdict(learnt(web(), [...complete, ran('/bin/sh')]), 'allow-binaries')).toMatchObject({
      verdict: 'not-ready',
      stops: [{ container: 'web', binaries: ['/bin/sh'], count: 1 }],
      changes: [
        'web: /bin/sh is left out (shell). Have the container do without it, or propose it with include=shell.',
      ],
    });
  });

  test('is ready when something is left out that kubectl exec ran', () => {
    expect(
      verdict(learnt(web(), [...complete, ran('/bin/sh', { from: 'outside' })]), 'allow-binaries')?.verdict,
    ).toBe('ready');
  });

  test.each([
    ['without a start', [ran('/usr/bin/web')], {}, 'No start of the container web was seen (minStarts=1)'],
    [
      'with too few starts',
      [START],
      { minStarts: 2 },
      'Only 1 start of the container web was seen (minStarts=2)',
    ],
    ['with too few pods', [START], { minPods: 2 }, 'The container web was seen in 1 pod (minPods=2)'],
    [
      'with too little time',
      [START],
      { minHours: 24 },
      'The container web was seen for 0 hours (minHours=24)',
    ],
  ])('is that too little was seen, %s', (_, events, options, reason) => {
    const found = verdict(learnt(web(), events, options), 'allow-binaries');
    expect(found?.verdict).toBe('not-enough-seen');
    expect(found?.reasons.join()).toContain(reason);
  });

  test('is that too little was seen of a container without events', () => {
    const two = workload(service([{ name: 'web' }, { name: 'log', command: ['/bin/log'] }]));
    expect(verdict(learnt(two, complete), 'allow-binaries')).toMatchObject({
      verdict: 'not-enough-seen',
      reasons: ['No event was of the container log.'],
    });
  });

  test('is that too little was seen of a probe by a shell that no event shows', () => {
    const command = ['/bin/sh', '-c', 'curl -sf localhost'];
    const probed = web(
      { allowedBinaries: ['/usr/bin/web', '/usr/bin/id', '/bin/sh'] },
      { livenessProbe: { exec: { command } } },
    );
    const unseen = verdict(learnt(probed, complete), 'allow-binaries');
    expect(unseen?.verdict).toBe('not-enough-seen');
    expect(unseen?.reasons.join()).toContain('No event shows a run of /bin/sh by a probe');
    const seen = ran('/bin/sh', { from: 'outside', args: '-c "curl -sf localhost"' });
    expect(verdict(learnt(probed, [...complete, seen]), 'allow-binaries')?.verdict).toBe('ready');
    const plain = web({}, { livenessProbe: { exec: { command: ['/bin/check'] } } });
    expect(verdict(learnt(plain, complete), 'allow-binaries')?.verdict).toBe('ready');
  });

  test('is that too little was seen when the agent dropped events', () => {
    expect(verdict(learnt(web(), complete, {}, 7), 'allow-binaries')?.reasons.join()).toContain(
      'dropped 7 events',
    );
  });

  describe('of a binary that the agent only found running', () => {
    const found = ran('/usr/bin/dash', {
      from: 'outside',
      process: { flags: 'procFS', pod: undefined },
    });
    const inPod = ran('/usr/bin/dash', { from: 'init', process: { flags: 'procFS', in_init_tree: false } });

    test('is that too little was seen, and the binary is not proposed', () => {
      const seen = learnt(web(), [...complete, inPod], { include: new Set(['shell', 'exec']) });
      expect(binary(seen, '/usr/bin/dash')).toMatchObject({ proposed: false, status: 'missing' });
      expect(verdict(seen, 'allow-binaries')).toMatchObject({ verdict: 'not-enough-seen', stops: [] });
      expect(verdict(seen, 'allow-binaries')?.reasons.join()).toContain('Restart the pods');
    });

    test('is ready when it is of another pod, or on the list', () => {
      expect(verdict(learnt(web(), [...complete, found]), 'allow-binaries')?.verdict).toBe('ready');
      const listed = web({ allowedBinaries: ['/usr/bin/dash'] });
      expect(verdict(learnt(listed, [...complete, inPod]), 'allow-binaries')?.verdict).toBe('ready');
    });

    test('does not depend on what such a process has forked', () => {
      const fork = exitEvent({
        binary: '/usr/bin/dash',
        labels: LABELS,
        from: 'tree',
        parent: '/usr/bin/dash',
      });
      const { process_exit } = fork;
      const event = {
        ...fork,
        process_exit: {
          ...Object(process_exit),
          parent: { ...Object(process_exit).parent, flags: 'procFS', in_init_tree: false },
        },
      };
      expect(binary(learnt(web(), [...complete, inPod, event]), '/usr/bin/dash')?.proposed).toBe(false);
    });
  });

  describe('of a script that was started by a relative path', () => {
    const script = ran('/app/run.sh', { args: './run.sh -v', process: { cwd: '/app' } });
    const listed = web({ allowedBinaries: ['/app/run.sh', '/usr/bin/web', '/usr/bin/id'] });

    test('is that too little was seen, unless the policy was watching', () => {
      const unwatched = verdict(
        learnt(listed, [...complete, script], { monitored: false }),
        'allow-binaries',
      );
      expect(unwatched?.verdict).toBe('not-enough-seen');
      expect(unwatched?.reasons.join()).toContain('its interpreter must be on the list too');
      expect(verdict(learnt(web(), [...complete, script]), 'allow-binaries')?.verdict).toBe(
        'not-enough-seen',
      );
      expect(verdict(learnt(listed, [...complete, script]), 'allow-binaries')?.verdict).toBe('ready');
    });

    test('is not ready when the policy has told the interpreter', () => {
      const at = { binary: '/usr/bin/web', labels: LABELS, from: 'tree' } as const;
      const told = learnt(listed, [...complete, script, binaryEvent(at, './run.sh', '/usr/bin/dash')]);
      expect(verdict(told, 'allow-binaries')).toMatchObject({
        verdict: 'not-ready',
        stops: [{ binaries: ['/usr/bin/dash'] }],
      });
    });
  });

  test('is that there is no policy where any binary may run', () => {
    expect(verdict(learnt(web(), []), 'allow-binaries')?.verdict).toBe('no-policy');
  });
});

describe('the verdict about the other policies', () => {
  const hardened = web({ readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] } });
  const at = { binary: '/usr/bin/web', labels: LABELS, from: 'tree' } as const;

  test.each(['block-rootfs-write', 'block-setuid', 'block-capset'])(
    '%s is ready only if it was watching',
    (policy) => {
      expect(verdict(learnt(hardened, [START]), policy)?.verdict).toBe('ready');
      const unsure = verdict(learnt(hardened, [START], { monitored: false }), policy);
      expect(unsure?.verdict).toBe('not-enough-seen');
      expect(unsure?.reasons.join()).toContain('monitored=true');
    },
  );

  test('a write to the root names the directory, and the mount that ends it', () => {
    const found = verdict(
      learnt(hardened, [
        START,
        writeEvent(at, '/var/cache/web/a/1'),
        writeEvent({ ...at, at: 5 }, '/var/cache/web/a/2'),
        writeEvent(at, '/var/cache/web/x'),
        writeEvent(at, '/etc/passwd'),
      ]),
      'block-rootfs-write',
    );
    expect(found).toMatchObject({
      verdict: 'not-ready',
      stops: [
        {
          directory: '/var/cache/web/a',
          count: 2,
          binaries: ['/usr/bin/web'],
          what: 'a change in /var/cache/web/a',
        },
        { directory: '/etc', count: 1 },
        { directory: '/var/cache/web', count: 1 },
      ],
      mounts: [{ container: 'web', mountPath: '/var/cache/web' }],
    });
    expect(found?.changes).toHaveLength(2);
    expect(found?.changes[0]).toContain('mount an emptyDir at /var/cache/web');
    expect(found?.changes[1]).toContain('readWriteRootFilesystem');
  });

  test('a write into what is mounted now says that the events may be older', () => {
    const mounted = workload({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'shop', labels: LABELS },
      spec: {
        containers: [
          {
            name: 'web',
            securityContext: { readOnlyRootFilesystem: true },
            volumeMounts: [{ name: 'cache', mountPath: '/var/cache/' }],
          },
        ],
        volumes: [{ name: 'cache', emptyDir: {} }],
      },
    });
    const found = verdict(learnt(mounted, [START, writeEvent(at, '/var/cache/web/x')]), 'block-rootfs-write');
    expect(found).toMatchObject({ verdict: 'not-ready', mounts: [] });
    expect(found?.changes).toEqual([expect.stringContaining('a volume is mounted at /var/cache now')]);
  });

  test('a write beside the binaries of the container proposes no mount that would hide them', () => {
    const found = verdict(
      learnt(hardened, [
        START,
        ran('/app/bin/tool'),
        ...['/app/x', '/app/a/x', '/app/b/x', '/app/c/x', '/app/d/x'].map((path) => writeEvent(at, path)),
      ]),
      'block-rootfs-write',
    );
    expect(found?.mounts.map(({ mountPath }) => mountPath)).toEqual(['/app/a', '/app/b', '/app/c', '/app/d']);
    expect(found?.changes.join()).toContain('have it write elsewhere than in /app,');
  });

  test.each([
    ['all that is found, at the limit', 1_000, 1_000, false],
    ['no more than anybody reads', 1_001, 1_000, true],
  ])('lists %s', (_, count, listed, isCut) => {
    const writes = Array.from({ length: count }, (__, index) => writeEvent(at, `/data${index}/x`));
    const found = verdict(learnt(hardened, [START, ...writes]), 'block-rootfs-write');
    expect(found?.stops).toHaveLength(listed);
    expect(found?.changes).toHaveLength(listed);
    expect(found?.mounts).toHaveLength(listed);
    expect(found?.reasons[0]).toBe(`${count} calls would be stopped.`);
    expect(found?.reasons.join().includes(`There are ${count} of them`)).toBe(isCut);
  });

  test('a gain of capabilities that the workload asks for by now does not count', () => {
    const event = kprobeEvent(at, {
      policy: 'block-capset',
      call: 'security_capset',
      args: ['effective', 'inheritable', 'permitted'].map((set) => ({
        [`cap_${set}_arg`]: '0000000000000040',
      })),
      message: 'Would block gaining capabilities in service shop/web (default version 1)',
    });
    const asks = web({ capabilities: { drop: ['ALL'], add: ['SETGID'] } });
    expect(verdict(learnt(asks, [START, event]), 'block-capset')).toMatchObject({
      verdict: 'ready',
      stops: [],
    });
    const asksNot = web({ capabilities: { drop: ['ALL'] } });
    expect(verdict(learnt(asksNot, [START, event]), 'block-capset')?.verdict).toBe('not-ready');
  });

  test('a gain of capabilities names those that the pod may not hold', () => {
    const keeps = web({ capabilities: { drop: ['ALL'], add: ['SETUID'] } });
    const event = kprobeEvent(at, {
      policy: 'block-capset',
      call: 'security_capset',
      args: ['effective', 'inheritable', 'permitted'].map((set) => ({
        [`cap_${set}_arg`]: '00000000000000c0',
      })),
      message: 'Would block gaining capabilities in service shop/web (default version 1)',
    });
    expect(verdict(learnt(keeps, [START, event]), 'block-capset')).toMatchObject({
      verdict: 'not-ready',
      stops: [{ capabilities: ['SETGID'], what: 'a gain of SETGID' }],
      changes: [
        'web: have it do without SETGID, or add to its capabilities, which asks for capability:SETGID.',
      ],
    });
  });

  test('a change of the id says so', () => {
    const event = kprobeEvent(at, {
      policy: 'block-setuid',
      call: 'security_task_fix_setuid',
      args: [0, 0, 0, 1000].map((id) => ({ uint_arg: id })),
      message: 'Would block a process from becoming root in service shop/web (default version 1)',
    });
    expect(verdict(learnt(hardened, [START, event]), 'block-setuid')).toMatchObject({
      verdict: 'not-ready',
      stops: [{ what: 'becoming root', count: 1 }],
    });
  });

  test('is that there is none where the workload does not ask for it', () => {
    const found = learnt(web(), [START]).policies;
    expect(found.map(({ policy, verdict: is }) => [policy, is])).toEqual([
      ['allow-binaries', 'ready'],
      ['block-rootfs-write', 'no-policy'],
      ['block-setuid', 'no-policy'],
      ['block-capset', 'ready'],
    ]);
  });
});

describe('what a real agent wrote of a service in monitor mode', () => {
  const lines = readFileSync('test/fixtures/events/monitor.ndjson', 'utf8').trimEnd().split('\n');
  const events = lines.map((line): unknown => JSON.parse(line));
  const hardened = workload({
    ...service([
      {
        name: 'app',
        image: 'app:1',
        securityContext: {
          allowedBinaries: ['/bin/t', '/usr/bin/app', '/script.sh'],
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ]),
    metadata: { name: 'app', namespace: 'lab' },
  });
  const seen = learnt(hardened, events);

  test('tells what ran, and how often', () => {
    expect(
      seen.containers[0]?.binaries.map(({ path, status, classes, seen: each }) => [
        path,
        status,
        classes.map((known) => known.class).join(),
        each?.runs ?? 0,
        each?.stopped ?? 0,
      ]),
    ).toEqual([
      ['/bin/evil', 'missing', '', 4, 4],
      ['/bin/sh', 'missing', 'shell', 3, 0],
      ['/bin/t', 'listed', '', 6, 0],
      ['/script.sh', 'never-seen', '', 0, 0],
      ['/tmp/x', 'missing', 'writable', 1, 1],
      ['/usr/bin/app', 'listed', '', 1, 0],
    ]);
    expect(seen.containers[0]?.observation?.starts.size).toBe(8);
  });

  test('tells what would have been stopped', () => {
    expect(
      seen.policies.map(({ policy, verdict: is, stops }) => [policy, is, stops.map(({ what }) => what)]),
    ).toEqual([
      ['allow-binaries', 'not-ready', ['a run of /bin/sh', 'a run of /tmp/x']],
      ['block-rootfs-write', 'not-ready', ['a change in /tmp', 'a change in /w']],
      ['block-setuid', 'not-ready', ['becoming root']],
      ['block-capset', 'not-ready', ['a gain of SETGID, SETUID']],
    ]);
    expect(verdict(seen, 'block-rootfs-write')?.mounts.map(({ mountPath }) => mountPath)).toEqual([
      '/tmp',
      '/w',
    ]);
  });

  test('is the same when the agent did not know the pods, as far as our policies told it', () => {
    const podless = events.map((event): unknown =>
      JSON.parse(
        JSON.stringify(event, (key, value: unknown) =>
          key === 'pod' || key === 'docker' ? undefined : value,
        ),
      ),
    );
    const stops = ({ policies }: LearntWorkload) =>
      policies.slice(1).map((each) => each.stops.map(({ what }) => what));
    const less = learnt(hardened, podless);
    expect(stops(less)).toEqual(stops(seen));
    expect(less.containers[0]?.observation?.pods).toBe(0);
  });
});

describe('mounts', () => {
  test.each([
    [['/var/cache/web', '/var/cache/web/a'], ['/var/cache/web']],
    [
      ['/run', '/runs'],
      ['/run', '/runs'],
    ],
    [['/etc', '/usr/lib/x', '/'], []],
    [['/etc/app'], ['/etc/app']],
    [
      ['/data/a', '/data/b', '/data/c'],
      ['/data/a', '/data/b', '/data/c'],
    ],
    [['/data/a', '/data/b', '/data/c', '/data/d'], ['/data']],
    [
      ['/var/a', '/var/b', '/var/c', '/var/d'],
      ['/var/a', '/var/b', '/var/c', '/var/d'],
    ],
  ])('for %j: %j', (directories, mounts) => {
    expect(mountsFor(directories)).toEqual(mounts);
  });
});

describe('whatever ran', () => {
  const paths = fc.constantFrom(
    '/usr/bin/web',
    '/bin/sh',
    '/tmp/x',
    '/usr/bin/id',
    '/proc/self/exe',
    '/a b',
    '/x/../y',
  );
  const events = fc.array(
    fc.oneof(
      fc
        .tuple(paths, fc.constantFrom('init', 'tree', 'outside'), fc.nat(3), fc.nat(9))
        .map(([path, from, pod, time]) =>
          ran(path, { from: Object(from).toString(), pod: `web-${pod}`, at: time }),
        ),
      fc
        .tuple(paths, paths)
        .map(([requested, resolved]) =>
          binaryEvent({ binary: '/usr/bin/web', labels: LABELS, from: 'tree' }, requested, resolved),
        ),
      paths.map((path) => writeEvent({ binary: '/usr/bin/web', labels: LABELS, from: 'tree' }, path)),
    ),
    { maxLength: 30 },
  );
  const options = fc.record({
    include: fc.subarray(['shell', 'writable', 'exec'] as const).map((classes) => new Set(classes)),
    monitored: fc.boolean(),
  });
  const workloads = fc.constantFrom(
    web(),
    web({ allowedBinaries: ['*'] }),
    web({ allowedBinaries: ['/usr/bin/web', '/usr/bin/old'] }),
    web({}, { command: ['/usr/bin/web'] }),
  );

  test('nothing is proposed that no event shows', () => {
    fc.assert(
      fc.property(workloads, events, options, (of, seen, how) => {
        const shown = JSON.stringify(seen);
        const had = new Set(of.containers[0]?.security.allowedBinaries ?? []);
        for (const path of learnt(of, seen, how).containers[0]?.proposal?.allowedBinaries ?? []) {
          expect(had.has(path) || shown.includes(JSON.stringify(path))).toBe(true);
          expect(path).not.toBe('*');
        }
      }),
    );
  });

  test('more events never take away a binary that was seen', () => {
    fc.assert(
      fc.property(workloads, events, events, options, (of, some, more, how) => {
        const paths = (all: readonly unknown[]) =>
          new Set(
            learnt(of, all, how).containers[0]?.binaries.flatMap(({ path, seen }) =>
              seen === undefined ? [] : [path],
            ),
          );
        const after = paths([...some, ...more]);
        for (const path of paths(some)) expect(after.has(path)).toBe(true);
      }),
    );
  });

  test('the order of the events does not matter', () => {
    const both = events.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(workloads, both, options, (of, [all, shuffled], how) => {
        expect(plain(learnt(of, shuffled, how))).toEqual(plain(learnt(of, all, how)));
      }),
    );
  });

  test('an allowlist that is proposed lets the same events be seen without anything new to propose', () => {
    fc.assert(
      fc.property(workloads, events, options, (of, seen, how) => {
        const proposal = learnt(of, seen, how).containers[0]?.proposal;
        if (proposal === undefined) return;
        const [container] = of.containers;
        if (container === undefined) return;
        const security = { ...container.security, allowedBinaries: proposal.allowedBinaries };
        const patched = { ...of, containers: [{ ...container, security }] };
        expect(learnt(patched, seen, how).containers[0]?.proposal).toBeUndefined();
        expect(containerBinaries(patched).binaries[0]?.allowlist?.size).toBeGreaterThan(0);
      }),
    );
  });

  /** What was learnt without the order in which it was kept. */
  function plain(value: LearntWorkload): unknown {
    return JSON.parse(
      JSON.stringify(value, (key, each: unknown) => {
        if (key === 'workload' || key === 'container' || key === 'owner') return undefined;
        if (each instanceof Map) return [...each].map((entry) => JSON.stringify(entry)).sort();
        if (each instanceof Set) return key === 'pods' ? each.size : [...each].map(String).sort();
        return each;
      }),
    );
  }
});
