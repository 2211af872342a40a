import fc from 'fast-check';
import { expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { readWorkloads } from '../../../src/compiler/index.ts';
import { parseDocuments } from '../../../src/compiler/read/documents.ts';
import { compiled, workload } from '../../support/services.ts';

const PROFILES = ['RuntimeDefault', 'Unconfined', 'Localhost'] as const;
const DEFAULTS =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  );

/** A field that is there, null, or left out. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.option(fc.option(arbitrary, { nil: null }), { nil: undefined });
const profile = maybe(fc.record({ type: fc.constantFrom(...PROFILES) }));
const id = maybe(fc.constantFrom(0, 1, 1_000));
const inherited = {
  runAsNonRoot: maybe(fc.boolean()),
  runAsUser: id,
  runAsGroup: id,
  seccompProfile: profile,
  appArmorProfile: profile,
};
const podSecurity = maybe(fc.record(inherited));
const security = maybe(
  fc.record({
    ...inherited,
    privileged: maybe(fc.boolean()),
    allowPrivilegeEscalation: maybe(fc.boolean()),
    readOnlyRootFilesystem: maybe(fc.boolean()),
    capabilities: maybe(
      fc.record({
        add: maybe(fc.subarray(['SYS_ADMIN', 'CAP_NET_ADMIN', 'bpf', 'ALL'])),
        drop: maybe(fc.subarray(['ALL', 'net_raw', 'CHOWN'])),
      }),
    ),
  }),
);
const container = fc.record({ command: fc.constant(['/bin/x']), securityContext: security });
const pod = fc.record({
  securityContext: podSecurity,
  containers: fc.array(container, { minLength: 1, maxLength: 3 }),
  initContainers: maybe(fc.array(container, { maxLength: 2 })),
  ephemeralContainers: maybe(fc.array(container, { maxLength: 1 })),
  hostPID: maybe(fc.boolean()),
  hostNetwork: maybe(fc.boolean()),
  hostIPC: maybe(fc.boolean()),
  shareProcessNamespace: maybe(fc.boolean()),
  automountServiceAccountToken: maybe(fc.boolean()),
});
type Pod = typeof pod extends fc.Arbitrary<infer T> ? T : never;

/** The containers of a pod, named by their group and place. */
function named({ containers, initContainers, ephemeralContainers, ...rest }: Pod) {
  const name = (group: string, list: Pod['containers']) =>
    list.map((each, index) => ({ ...each, name: `${group}${index}` }));
  return {
    ...rest,
    containers: name('c', containers),
    initContainers: name('i', initContainers ?? []),
    ephemeralContainers: name('e', ephemeralContainers ?? []),
  };
}

/** What a pod asks for, said once more and plainly, from what the kubelet would do with it. */
function expected(input: ReturnType<typeof named>): string[] {
  const found = new Set<string>();
  const flags = [
    'hostPID',
    'hostNetwork',
    'hostIPC',
    'shareProcessNamespace',
    'automountServiceAccountToken',
  ] as const;
  for (const flag of flags) if (input[flag] === true) found.add(`pod ${flag}`);
  for (const { name, securityContext } of [
    ...input.containers,
    ...input.initContainers,
    ...input.ephemeralContainers,
  ]) {
    const own: Partial<NonNullable<typeof securityContext>> = securityContext ?? {};
    const above: Partial<NonNullable<Pod['securityContext']>> = input.securityContext ?? {};
    const ask = (override: string): void => void found.add(`${name} ${override}`);
    if (name.startsWith('e')) ask('ephemeralContainer');
    if (own.privileged === true) ask('privileged');
    if (own.allowPrivilegeEscalation === true) ask('allowPrivilegeEscalation');
    if (own.readOnlyRootFilesystem === false) ask('readWriteRootFilesystem');
    if ((own.runAsNonRoot ?? above.runAsNonRoot) === false) ask('runAsRoot');
    if ((own.runAsUser ?? above.runAsUser) === 0) ask('runAsRoot');
    if ((own.runAsGroup ?? above.runAsGroup) === 0) ask('runAsRootGroup');
    const seccomp = (own.seccompProfile ?? above.seccompProfile)?.type ?? 'RuntimeDefault';
    if (seccomp !== 'RuntimeDefault') ask(`seccomp:${seccomp}`);
    const apparmor = (own.appArmorProfile ?? above.appArmorProfile)?.type ?? 'RuntimeDefault';
    if (apparmor !== 'RuntimeDefault') ask(`apparmor:${apparmor}`);
    for (const each of own.capabilities?.add ?? [])
      ask(`capability:${each.toUpperCase().replace('CAP_', '')}`);
    const drop = own.capabilities?.drop;
    // A privileged container has all of them, and asks for that.
    if (drop != null && !drop.includes('ALL') && own.privileged !== true)
      for (const each of DEFAULTS)
        if (!drop.some((name) => name.toUpperCase() === each)) ask(`capability:${each}`);
  }
  return [...found].sort();
}

const objectOf = (spec: unknown) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec },
  },
});

test('a Kubernetes pod asks for exactly what it relaxes, wherever it says so', () => {
  fc.assert(
    fc.property(pod, (generated) => {
      const input = named(generated);
      const asked = securityOverrides(workload(objectOf(input)), { authorizeEntrypoints: false }).map(
        ({ container: who, id: override }) => `${who ?? 'pod'} ${override}`,
      );
      expect([...asked].sort()).toEqual(expected(input));
      compiled(objectOf(input));
    }),
    { numRuns: 1_000 },
  );
});

test('whatever a document of a known kind holds, it is read or refused, never an error of ours', () => {
  const anything = fc.jsonValue({ maxDepth: 4 });
  const kinds = fc.constantFrom(
    ['v1', 'Pod'],
    ['apps/v1', 'Deployment'],
    ['batch/v1', 'Job'],
    ['batch/v1', 'CronJob'],
    ['lattice.dev/v1alpha1', 'LatticeJob'],
    ['lattice.dev/v1alpha1', 'LatticeModel'],
  );
  const keys = [
    'spec',
    'template',
    'jobTemplate',
    'metadata',
    'containers',
    'selector',
    'tasks',
    'roles',
    'workload',
    'securityContext',
    'annotations',
  ];
  const shaped = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      anything,
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(kinds, shaped, shaped, ([apiVersion, kind], metadata, spec) => {
      const parsed = parseDocuments(JSON.stringify({ apiVersion, kind, metadata, spec }), 'json');
      if (!parsed.ok) return;
      const read = readWorkloads(parsed.documents);
      expect(read.ok ? read.workloads.length : read.faults.length).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});
