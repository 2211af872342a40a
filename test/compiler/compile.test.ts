import { describe, expect, test } from 'vitest';
import type { CompileOptions } from '../../src/compiler/options.ts';
import { allowBinaries } from '../../src/compiler/policies/allow-binaries.ts';
import { allowlistOf, capsetMask, kprobes } from '../support/manifests.ts';
import { app, compiled, service } from '../support/services.ts';

type Security = Readonly<Record<string, unknown>>;

function names(input: unknown, options: Partial<CompileOptions> = {}): string[] {
  return compiled(input, options).manifests.map(({ metadata }) => metadata.name);
}

function pair(a: Security, b: Security): unknown {
  return service([app(a), { name: 'b', command: ['/bin/b'], securityContext: b }]);
}

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
    ['two that ask', pair(HARDENED, HARDENED), {}, all],
    [
      'one asks, one refuses',
      pair(HARDENED, { readOnlyRootFilesystem: false, runAsNonRoot: false }),
      {},
      without(...neither),
    ],
    ['one asks, one is silent, declared', pair(HARDENED, {}), {}, without(...neither)],
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
        'allow-binaries-web',
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
    expect(() =>
      allowBinaries({ subject: 'x', guard: true }, { allowlist: [], pathMatching: 'either' }),
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
    ['nothing to tell', service([app(HARDENED)]), {}, []],
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
      'a lifecycle hook that would be killed',
      service([app({}, { lifecycle: { preStop: { exec: { command: ['/bin/sleep', '5'] } } } })]),
      {},
      ['LifecycleHookNotAllowed app'],
    ],
    [
      'one that is listed',
      service([
        app(
          { allowedBinaries: ['/usr/bin/sleep'] },
          { lifecycle: { preStop: { exec: { command: ['/usr/bin/sleep', '5'] } } } },
        ),
      ]),
      {},
      [],
    ],
    [
      'a hook whose binary a neighbour lists',
      service([
        app({}, { lifecycle: { preStop: { exec: { command: ['/usr/bin/sleep'] } } } }),
        { name: 'b', command: ['/b'], securityContext: { allowedBinaries: ['/usr/bin/sleep'] } },
      ]),
      {},
      [],
    ],
    [
      'policies skipped for a neighbour',
      pair({ readOnlyRootFilesystem: true, runAsNonRoot: true }, { readOnlyRootFilesystem: false }),
      {},
      ['PolicySkippedForPod b', 'PolicySkippedForPod b'],
    ],
    ['no guard under hostPID', service([app()], { hostPID: true }), {}, ['HostPidGuardOmitted']],
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
        selectors.map(({ matchNamespaces }) => matchNamespaces !== undefined),
      );
    expect(new Set(guards({ hostPID: true }))).toEqual(new Set([false]));
    expect(new Set(guards({ hostPID: false }))).toEqual(new Set([true]));
  });

  test('monitor is set on every policy', () => {
    for (const layout of ['per-policy', 'merged', 'shared'] as const) {
      for (const { spec } of compiled(input, { mode: 'monitor', layout }).manifests)
        expect(spec.options).toEqual([{ name: 'policy-mode', value: 'monitor' }]);
    }
  });

  test('pathMatching: resolved drops the match on the requested path', () => {
    const conditions = (pathMatching: 'either' | 'resolved') =>
      kprobes(compiled(input, { pathMatching }).manifests)[0]?.selectors.map(({ matchArgs }) =>
        matchArgs?.map(({ args }) => args[0]),
      );
    expect(conditions('either')).toEqual([[0, 1], [2]]);
    expect(conditions('resolved')).toEqual([[0], [2]]);
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
