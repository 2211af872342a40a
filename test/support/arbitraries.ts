import fc from 'fast-check';
import { CAPABILITIES } from '../../src/compiler/model/capabilities.ts';

const segment = fc.constantFrom(
  'bin',
  'usr',
  'opt',
  'app',
  'sh',
  'curl',
  'on',
  '1:30',
  'a b',
  '[',
  'ü',
  'é~',
  '#x',
  '-',
  '*',
);

/** An absolute, canonical path, awkward ones included. */
export const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);

const entrypoint = fc.oneof(
  { weight: 6, arbitrary: path },
  { weight: 1, arbitrary: fc.constantFrom('nginx', './run', '$(APP)', '/opt/$(APP)') },
);
const maybeTrue = fc.option(fc.boolean(), { nil: undefined });
const added = fc.uniqueArray(fc.constantFrom(...CAPABILITIES, 'ALL', 'cap_net_raw'), { maxLength: 4 });
const dropped = fc.uniqueArray(fc.constantFrom(...CAPABILITIES, 'ALL'), { maxLength: 4 });

const securityContext = fc.record(
  {
    allowedBinaries: fc.array(
      fc.oneof({ weight: 12, arbitrary: path }, { weight: 1, arbitrary: fc.constant('*') }),
      { maxLength: 5 },
    ),
    readOnlyRootFilesystem: maybeTrue,
    runAsNonRoot: maybeTrue,
    runAsUser: fc.constantFrom(0, 1000),
    runAsGroup: fc.constantFrom(0, 1000),
    capabilities: fc.record({ add: added, drop: dropped }, { requiredKeys: [] }),
    privileged: maybeTrue,
    allowPrivilegeEscalation: maybeTrue,
    seccompProfile: fc.record({ type: fc.constantFrom('RuntimeDefault', 'Unconfined', 'Localhost') }),
  },
  { requiredKeys: [] },
);

const probe = fc.oneof(
  fc.record({ exec: fc.record({ command: fc.tuple(entrypoint, fc.constant('-x')) }) }),
  fc.constant({ httpGet: { path: '/', port: 80 } }),
);

/** A container of a LatticeService, without its name. */
const container = fc.record(
  {
    image: fc.constantFrom('a:1', 'b:2'),
    command: fc.tuple(entrypoint, fc.constant('--flag')),
    livenessProbe: probe,
    startupProbe: probe,
    securityContext,
  },
  { requiredKeys: ['image'] },
);

/** Containers by name. */
const containers = (names: readonly string[], minKeys: number) =>
  fc.dictionary(fc.constantFrom(...names), container, {
    minKeys,
    maxKeys: names.length,
    noNullPrototype: true,
  });

const podFlags = fc.record(
  {
    hostNetwork: fc.boolean(),
    hostPID: fc.boolean(),
    hostUsers: fc.boolean(),
    shareProcessNamespace: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** A valid LatticeService, containers by name. */
export const service = fc
  .record({
    name: fc.constantFrom('web', 'on', 'api-server'),
    containers: containers(['app', 'yes', 'constructor'], 1),
    initContainers: containers(['init', 'migrate'], 0),
    sidecars: containers(['proxy', 'logs'], 0),
    podFlags,
  })
  .map((parts) => ({
    apiVersion: 'lattice.dev/v1alpha1',
    kind: 'LatticeService',
    metadata: { name: parts.name, namespace: 'shop', labels: { team: 'shop' } },
    spec: {
      workload: { containers: parts.containers, initContainers: parts.initContainers },
      runtime: { sidecars: parts.sidecars, ...parts.podFlags },
    },
  }));

/** Every combination of the options of a compilation. */
export const options = fc.record({
  mode: fc.constantFrom('enforce' as const, 'monitor' as const),
  action: fc.constantFrom(undefined, 'kill' as const, 'deny' as const),
  layout: fc.constantFrom('per-policy' as const, 'merged' as const, 'shared' as const),
  scope: fc.constantFrom('pod' as const, 'container' as const),
  unset: fc.constantFrom('declared' as const, 'restricted' as const),
  pathMatching: fc.constantFrom('either' as const, 'resolved' as const),
  mergedUsr: fc.boolean(),
  rootfsMagic: fc.constantFrom<string[]>(['0x794c7630'], ['0x9123683E', '26985']),
});

/** Every combination of the options of the baseline that goes together. */
export const baselineOptions = fc
  .record({
    excludedNamespaces: fc.constantFrom([], ['kube-system']),
    tiers: fc.subarray(['ptrace', 'modules', 'mount', 'namespaces', 'credentialFiles', 'chroot'] as const, {
      minLength: 1,
    }),
    mode: fc.constantFrom('enforce', 'monitor'),
    action: fc.constantFrom('kill', 'deny'),
    blockModuleAutoload: fc.constantFrom(undefined, false, true),
  })
  .filter(({ action, blockModuleAutoload }) => !(action === 'kill' && blockModuleAutoload === true));
