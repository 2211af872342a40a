import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/emit/compile.ts';
import { isOverriding } from '../../../src/compiler/emit/kprobe.ts';
import { allowBinariesHooks } from '../../../src/compiler/emit/policies/allow-binaries.ts';
import type { Target } from '../../../src/compiler/emit/selectors.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../src/compiler/model/options.ts';
import { deployment } from '../../support/kubernetes.ts';
import { allowlistOf, capsetMask, kprobes } from '../../support/manifests.ts';
import { app, compiled, service, workload } from '../../support/services.ts';

type Security = Readonly<Record<string, unknown>>;

function names(input: unknown, options: Partial<CompileOptions> = {}): string[] {
  return compiled(input, options).manifests.map(({ metadata }) => metadata.name);
}

function pair(a: Security, b: Security): unknown {
  return service([app(a), { name: 'b', command: ['/bin/b'], securityContext: b }]);
}

const TARGET: Target = {
  subject: 'x',
  permittedBy: undefined,
  mode: 'enforce',
  action: 'kill',
  guard: true,
};

const HARDENED: Security = {
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  allowedBinaries: ['/bin/app'],
};

describe('which policies a pod has', () => {
  const all = ['allow-binaries-web', 'block-rootfs-write-web', 'block-setuid-web', 'block-capset-web'];
  const without = (...left: string[]): string[] => all.filter((name) => !left.includes(name));
  const neither = ['block-rootfs-write-web', 'block-setuid-web'];
  test.each<[string, unknown, Partial<CompileOptions>, string[]]>([
    ['hardened', service([app(HARDENED)]), {}, all],
    ['nothing said, declared', service([app()]), {}, without(...neither)],
    ['nothing said, restricted', service([app()]), { unset: 'restricted' }, all],
    [
      'explicit false, restricted',
      service([app({ readOnlyRootFilesystem: false })]),
      { unset: 'restricted' },
      without('block-rootfs-write-web'),
    ],
    [
      'uid 0, restricted',
      service([app({ runAsUser: 0 })]),
      { unset: 'restricted' },
      without('block-setuid-web'),
    ],
    [
      'the PID namespace of the host, where an allowlist would kill the runtime',
      service([app(HARDENED)], { hostPID: true }),
      {},
      without('allow-binaries-web'),
    ],
    ['two that ask', pair(HARDENED, HARDENED), {}, all],
    [
      'one asks, one refuses',
      pair(HARDENED, { readOnlyRootFilesystem: false, runAsNonRoot: false }),
      {},
      without(...neither),
    ],
    ['one asks, one is silent, declared', pair(HARDENED, {}), {}, all],
    [
      'one asks, one runs as uid 0, declared',
      pair(HARDENED, { runAsUser: 0 }),
      {},
      without('block-setuid-web'),
    ],
    ['one asks, one is silent, restricted', pair(HARDENED, {}), { unset: 'restricted' }, all],
    [
      'a wildcard',
      service([app({ ...HARDENED, allowedBinaries: ['*'] })]),
      {},
      without('allow-binaries-web'),
    ],
    [
      'a privileged container',
      service([app({ ...HARDENED, privileged: true })]),
      {},
      without('block-capset-web'),
    ],
    [
      'all capabilities',
      service([app({ ...HARDENED, capabilities: { add: ['ALL'] } })]),
      {},
      without('block-capset-web'),
    ],
    [
      'a user namespace of its own',
      service([app(HARDENED)], { hostUsers: false }),
      {},
      without('block-setuid-web'),
    ],
    ['nothing left to enforce', service([app({ allowedBinaries: ['*'], privileged: true })]), {}, []],
    ['merged', service([app(HARDENED)]), { layout: 'merged' }, ['runtime-enforcement-web']],
    [
      'merged, nothing left',
      service([app({ allowedBinaries: ['*'], privileged: true })]),
      { layout: 'merged' },
      [],
    ],
    [
      'per container, a relaxed neighbour relaxes nobody',
      pair(HARDENED, { allowedBinaries: ['*'], privileged: true }),
      { scope: 'container' },
      all.map((name) => `${name}--app`),
    ],
    [
      'shared',
      service([app(HARDENED)]),
      { layout: 'shared' },
      [
        'allow-binaries-web',
        'lattice-block-rootfs-write',
        'lattice-block-setuid',
        'lattice-block-capset--none',
      ],
    ],
    [
      'shared, in variants that must not overwrite each other',
      service([app(HARDENED)], { hostPID: true }),
      { layout: 'shared', mode: 'monitor', rootfsMagic: ['0x9123683e'] },
      [
        'lattice-block-rootfs-write--monitor--host-pid--9123683e',
        'lattice-block-setuid--monitor--host-pid',
        'lattice-block-capset--monitor--host-pid--none',
      ],
    ],
  ])('%s', (_, input, options, expected) => {
    expect(names(input, options)).toEqual(expected);
  });
});

describe('what block-capset lets a pod keep', () => {
  test.each<[string, unknown, Partial<CompileOptions>, string | undefined]>([
    ['nothing', service([app(HARDENED)]), {}, '0xffffffffffffffff'],
    ['the defaults when nothing is said', service([app()]), {}, '0xffffffff57fbda04'],
    [
      'nothing when nothing is said, restricted',
      service([app()]),
      { unset: 'restricted' },
      '0xffffffffffffffff',
    ],
    [
      'the defaults less NET_RAW',
      service([app({ capabilities: { drop: ['NET_RAW'] } })]),
      {},
      '0xffffffff57fbfa04',
    ],
    [
      'only what is added',
      service([app({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'CAP_BPF'] } })]),
      {},
      '0xffffff7ffffffbff',
    ],
    [
      'the defaults and what is added',
      service([app({ capabilities: { add: ['SYS_TIME'] } })]),
      {},
      '0xffffffff55fbda04',
    ],
    [
      'the union of the containers',
      pair(
        { capabilities: { drop: ['ALL'], add: ['CHOWN'] } },
        { capabilities: { drop: ['ALL'], add: ['KILL'] } },
      ),
      {},
      '0xffffffffffffffde',
    ],
    ['anything, when privileged', service([app({ privileged: true })]), {}, undefined],
  ])('%s', (_, input, options, expected) => {
    expect(capsetMask(compiled(input, options).manifests)).toBe(expected);
  });
});

describe('which binaries may run', () => {
  test.each<[string, unknown, string[] | null]>([
    [
      'declared and entrypoint',
      service([app({ allowedBinaries: ['/usr/bin/z', '/a'] })]),
      ['/a', '/bin/app', '/usr/bin/z'],
    ],
    ['declared alone', service([{ name: 'a', securityContext: { allowedBinaries: ['/a'] } }]), ['/a']],
    ['entrypoint alone', service([app()]), ['/bin/app']],
    [
      'every exec probe; no argument, no other probe',
      service([
        app(
          {},
          {
            livenessProbe: { exec: { command: ['/l', '/x'] } },
            readinessProbe: { httpGet: { path: '/r' } },
            startupProbe: { exec: { command: ['/s'] } },
          },
        ),
      ]),
      ['/bin/app', '/l', '/s'],
    ],
    [
      'all roles',
      service(
        [app()],
        { runtime: { sidecars: [{ name: 's', command: ['/s'] }] } },
        { initContainers: [{ name: 'i', command: ['/i'] }] },
      ),
      ['/bin/app', '/i', '/s'],
    ],
    [
      'a relative entrypoint that is listed',
      service([{ name: 'a', command: ['nginx'], securityContext: { allowedBinaries: ['/usr/sbin/nginx'] } }]),
      ['/usr/sbin/nginx'],
    ],
    ['anything, by an unknown entrypoint in one container', service([app(), { name: 'b' }]), null],
    [
      'anything, by an exec probe without a path',
      service([app({}, { livenessProbe: { exec: { command: ['curl'] } } })]),
      null,
    ],
  ])('%s', (_, input, expected) => {
    expect(allowlistOf(compiled(input).manifests)).toEqual(expected);
  });

  test('an empty allowlist is never emitted: Tetragon would kill everything', () => {
    expect(() => allowBinariesHooks(TARGET, { allowlist: [], pathMatching: 'either' })).toThrow(RangeError);
  });

  test('one without the runtime guard is never emitted: it would kill the runtime', () => {
    expect(() =>
      allowBinariesHooks({ ...TARGET, guard: false }, { allowlist: ['/a'], pathMatching: 'either' }),
    ).toThrow(RangeError);
  });
});

describe('what the caller is told', () => {
  function notices(input: unknown, options: Partial<CompileOptions> = {}): string[] {
    return compiled(input, options).notices.map(
      ({ code, container }) => `${code}${container === undefined ? '' : ` ${container}`}`,
    );
  }
  test.each<[string, unknown, Partial<CompileOptions>, string[]]>([
    ['nothing to tell', service([app(HARDENED)]), { action: 'deny' }, []],
    ['that a killed process leaves effects', service([app(HARDENED)]), {}, ['KillLeavesEffects']],
    ['no effects where the calls fail', service([app(HARDENED)]), { layout: 'shared' }, ['PolicyRenamed']],
    ['none that were asked for', service([app(HARDENED)]), { action: 'kill' }, []],
    ['none in monitor mode', service([app(HARDENED)]), { mode: 'monitor' }, []],
    ['an implicit wildcard', service([{ name: 'a' }]), {}, ['ImplicitWildcard a']],
    [
      'an implicit wildcard beside others',
      service([app(), { name: 'b' }]),
      {},
      ['BinaryPolicySkipped b', 'ImplicitWildcard b'],
    ],
    ['a relative entrypoint', service([{ name: 'a', command: ['x'] }]), {}, ['UnresolvableEntrypoint a']],
    [
      'one that is listed',
      service([{ name: 'a', command: ['x'], securityContext: { allowedBinaries: ['/x'] } }]),
      {},
      ['EntrypointMatchedByName a'],
    ],
    [
      'a glob, a long path, an empty list',
      service([
        app({ allowedBinaries: ['/opt/*', `/${'x'.repeat(600)}`] }),
        { name: 'b', command: ['/b'], securityContext: { allowedBinaries: [] } },
      ]),
      {},
      ['EmptyAllowedBinaries b', 'LiteralGlob app', 'LongPath app'],
    ],
    [
      'a lifecycle hook by a relative path',
      service([app({}, { lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } } })]),
      {},
      ['UnresolvableEntrypoint app'],
    ],
    [
      'one whose name is listed',
      service([
        app(
          { allowedBinaries: ['/usr/bin/sleep'] },
          { lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } } },
        ),
      ]),
      {},
      ['EntrypointMatchedByName app'],
    ],
    [
      'one by an absolute path, which joins the list',
      service([app({}, { lifecycle: { postStart: { exec: { command: ['/bin/sleep', '5'] } } } })]),
      {},
      [],
    ],
    [
      'policies skipped for a neighbour',
      pair({ readOnlyRootFilesystem: true, runAsNonRoot: true }, { readOnlyRootFilesystem: false }),
      {},
      ['PolicySkippedForPod b'],
    ],
    [
      'no guard and no allowlist under hostPID',
      service([app()], { hostPID: true }),
      {},
      ['HostPidAllowlistSkipped', 'HostPidGuardOmitted'],
    ],
    [
      'no block-setuid under hostUsers: false',
      service([app({ runAsNonRoot: true })], { hostUsers: false }),
      {},
      ['UserNamespaceSetuidSkipped'],
    ],
    [
      'no block-capset for a privileged container',
      service([app({ privileged: true })]),
      {},
      ['CapsetSkipped app'],
    ],
    [
      'a user who cannot be',
      service([app({ runAsNonRoot: true, runAsUser: 0 })]),
      {},
      ['ContradictoryUser app'],
    ],
  ])('%s', (_, input, options, expected) => {
    expect(notices(input, options)).toEqual(expected);
  });
});

describe('options', () => {
  const input = service([app(HARDENED)]);
  test('hostPID leaves the runtime guard out of every selector, and nothing else does', () => {
    const guards = (spec: Security) =>
      kprobes(compiled(service([app(HARDENED)], spec)).manifests).flatMap(({ selectors }) =>
        selectors
          .filter(({ matchActions: [{ action }] }) => action !== 'NoPost')
          .map(({ matchNamespaces }) => matchNamespaces !== undefined),
      );
    expect(new Set(guards({ hostPID: true }))).toEqual(new Set([false]));
    expect(new Set(guards({ hostPID: false }))).toEqual(new Set([true]));
  });

  test('monitor is set on every policy', () => {
    for (const layout of ['per-policy', 'merged', 'shared'] as const) {
      for (const { spec, metadata } of compiled(input, { mode: 'monitor', layout }).manifests) {
        expect(spec.options).toContainEqual({ name: 'policy-mode', value: 'monitor' });
        expect(metadata.annotations).toMatchObject({ 'lattice.dev/mode': 'monitor' });
        for (const { message } of spec.kprobes) expect(message).toMatch(/^Would block /);
      }
    }
  });

  test('action=deny makes the calls fail whose effect outlives the process, and no others', () => {
    const denied = (options: Partial<CompileOptions>): string[] =>
      kprobes(compiled(input, options).manifests)
        .filter(isOverriding)
        .map(({ call }) => call);
    const lasting = [
      'security_file_open',
      'security_inode_create',
      'security_inode_unlink',
      'security_inode_rename',
      'security_inode_mkdir',
      'security_path_truncate',
    ];
    expect(denied({})).toEqual([]);
    expect(denied({ layout: 'merged' })).toEqual([]);
    expect(denied({ layout: 'shared', action: 'kill' })).toEqual([]);
    for (const options of [
      { action: 'deny' },
      { action: 'deny', layout: 'merged' },
      { layout: 'shared' },
      { layout: 'shared', mode: 'monitor' },
    ] as const)
      expect(denied(options)).toEqual(lasting);
  });

  test('shared policies that deny and that kill are others, and so are their labels', () => {
    const one = compiled(input, { layout: 'shared' });
    const other = compiled(input, { layout: 'shared', action: 'kill' });
    expect(one.podLabels['lattice.dev/read-only-rootfs']).toBe('true');
    expect(other.podLabels['lattice.dev/read-only-rootfs']).toBe('kill');
    expect(other.manifests.map(({ metadata }) => metadata.name)).toContain(
      'lattice-block-rootfs-write--kill',
    );
  });

  test('hostPID leaves out the hooks that would kill the runtime', () => {
    const calls = kprobes(compiled(service([app(HARDENED)], { hostPID: true })).manifests).map(
      ({ call }) => call,
    );
    expect(calls).toEqual([
      'security_file_open',
      'security_task_fix_setuid',
      'security_task_fix_setgid',
      'security_bprm_committing_creds',
      'security_capset',
    ]);
  });

  test('annotations say what a reader of a manifest should know of its options', () => {
    const annotations = (options: Partial<CompileOptions>) =>
      Object.fromEntries(
        compiled(input, options).manifests.map(({ metadata }) => [metadata.name, metadata.annotations]),
      );
    expect(annotations({ action: 'deny', rootfsMagic: ['0x6969'] })).toEqual({
      'allow-binaries-web': {
        'lattice.dev/mode': 'enforce',
        'lattice.dev/action': 'kill',
        'lattice.dev/path-matching': 'either',
      },
      'block-rootfs-write-web': {
        'lattice.dev/mode': 'enforce',
        'lattice.dev/action': 'deny',
        'lattice.dev/rootfs-magic': '0x00006969',
      },
      'block-setuid-web': { 'lattice.dev/mode': 'enforce', 'lattice.dev/action': 'kill' },
      'block-capset-web': { 'lattice.dev/mode': 'enforce', 'lattice.dev/action': 'kill' },
    });
    expect(annotations({ layout: 'merged', scope: 'container', unset: 'restricted' })).toEqual({
      'runtime-enforcement-web--app': {
        'lattice.dev/mode': 'enforce',
        'lattice.dev/action': 'kill',
        'lattice.dev/layout': 'merged',
        'lattice.dev/scope': 'container',
        'lattice.dev/unset': 'restricted',
        'lattice.dev/path-matching': 'either',
      },
    });
  });

  test('messages end with the service and the version that permitted it', () => {
    const { manifests } = compile(
      workload(input),
      { ...DEFAULT_OPTIONS, scope: 'container' },
      { name: 'default', version: 7, digest: 'sha256:0' },
    );
    for (const { message } of kprobes(manifests))
      expect(message).toMatch(/^Blocked .* service shop\/web, container app \(default version 7\)$/);
  });

  test('restricted does not kill what a Kubernetes container is given by the runtime', () => {
    const withheld = (input: unknown): readonly string[] =>
      kprobes(compiled(input, { unset: 'restricted' }).manifests).find(
        ({ call }) => call === 'security_bprm_committed_creds',
      )?.selectors[0]?.matchCapabilities?.[0]?.values ?? [];
    expect(withheld(deployment())).not.toContain('CAP_CHOWN');
    expect(withheld(deployment())).toContain('CAP_SYS_ADMIN');
    expect(withheld(service([app()]))).toContain('CAP_CHOWN');
    expect(withheld(service([app()]))).toContain('DAC_OVERRIDE');
  });

  test('pathMatching: resolved drops the match on the requested path', () => {
    const conditions = (pathMatching: 'either' | 'resolved') =>
      kprobes(compiled(input, { pathMatching }).manifests)[0]?.selectors.map(
        ({ matchArgs, matchActions }) => [
          matchArgs?.map(({ args: [at], operator }) => `${operator} ${at}`).join(),
          matchActions.map(({ action }) => action).join(),
        ],
      );
    const nothing = ['Equal 2', 'Sigkill'];
    const rest = [undefined, 'Sigkill'];
    expect(conditions('either')).toEqual([nothing, ['Equal 0', 'NoPost'], ['Equal 1', 'NoPost'], rest]);
    expect(conditions('resolved')).toEqual([nothing, ['Equal 0', 'NoPost'], rest]);
  });

  test('rootfsMagic has one spelling and one order', () => {
    const magic = (rootfsMagic: string[]) =>
      kprobes(compiled(input, { rootfsMagic }).manifests).find(({ call }) => call === 'security_file_open')
        ?.selectors[0]?.matchArgs?.[1]?.values;
    expect(magic(['26985', '0x794C7630', '0x6969'])).toEqual(['0x00006969', '0x794c7630']);
  });

  test('shared: the answer lists the labels that the pods must carry, and the policies select by them', () => {
    for (const scope of ['pod', 'container'] as const) {
      const { manifests, podLabels } = compiled(input, { layout: 'shared', scope });
      const prefix = scope === 'container' ? 'app.' : '';
      expect(podLabels).toEqual({
        [`${prefix}lattice.dev/read-only-rootfs`]: 'true',
        [`${prefix}lattice.dev/run-as-non-root`]: 'true',
        [`${prefix}lattice.dev/allowed-capabilities`]: 'none',
      });
      const selected = manifests.flatMap(({ kind, spec }) =>
        kind === 'TracingPolicy' ? Object.entries(spec.podSelector.matchLabels ?? {}) : [],
      );
      expect(Object.fromEntries(selected)).toEqual(podLabels);
    }
  });

  test('the longest names fit in messages, labels and policy names', () => {
    const long = 'x'.repeat(63);
    const longest = {
      ...service([{ ...app(HARDENED), name: long }]),
      metadata: { name: long, namespace: long },
    };
    for (const layout of ['per-policy', 'merged', 'shared'] as const) {
      expect(
        compiled(longest, { layout, scope: 'container', mode: 'monitor' }).manifests.length,
      ).toBeGreaterThan(0);
    }
  });
});
