import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { RUNTIME_DEFAULT_CAPABILITIES } from '../../../src/compiler/model/capabilities.ts';
import { overrideCategory } from '../../../src/compiler/model/override.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import { app, service, workload } from '../../support/services.ts';

function overrides(input: unknown, authorizeEntrypoints = false): string[] {
  return securityOverrides(workload(input), { authorizeEntrypoints }).map(
    ({ id, container, implicit }) => `${container ?? 'pod'} ${id}${implicit ? ' (implicit)' : ''}`,
  );
}

describe('the overrides of a service (design, override table)', () => {
  test.each([
    ['nothing asked for', service([app()]), []],
    [
      'each declared binary once',
      service([app({ allowedBinaries: ['/b', '/a', '/b'] })]),
      ['app allowedBinary:/a', 'app allowedBinary:/b'],
    ],
    [
      'the same binary in two containers',
      service([
        app({ allowedBinaries: ['/a'] }),
        { name: 'b', securityContext: { allowedBinaries: ['/a'] } },
      ]),
      ['app allowedBinary:/a', 'b allowedBinary:/a'],
    ],
    ['an explicit wildcard', service([app({ allowedBinaries: ['*'] })]), ['app allowedBinary:*']],
    [
      'a wildcard beside a path',
      service([app({ allowedBinaries: ['/a', '*'] })]),
      ['app allowedBinary:*', 'app allowedBinary:/a'],
    ],
    ['no command and no allowedBinaries', service([{ name: 'a' }]), ['a allowedBinary:* (implicit)']],
    ['an empty command is none', service([{ name: 'a', command: [] }]), ['a allowedBinary:* (implicit)']],
    [
      'an empty list of binaries is none',
      service([{ name: 'a', securityContext: { allowedBinaries: [] } }]),
      ['a allowedBinary:* (implicit)'],
    ],
    ['a relative command', service([{ name: 'a', command: ['nginx'] }]), ['a allowedBinary:* (implicit)']],
    [
      'a relative command among listed binaries',
      service([{ name: 'a', command: ['nginx'], securityContext: { allowedBinaries: ['/usr/sbin/nginx'] } }]),
      ['a allowedBinary:/usr/sbin/nginx'],
    ],
    [
      './run matches by base name too',
      service([{ name: 'a', command: ['./run'], securityContext: { allowedBinaries: ['/srv/run'] } }]),
      ['a allowedBinary:/srv/run'],
    ],
    [
      'a relative command not among them',
      service([{ name: 'a', command: ['nginx'], securityContext: { allowedBinaries: ['/bin/x'] } }]),
      ['a allowedBinary:* (implicit)', 'a allowedBinary:/bin/x'],
    ],
    [
      'a relative exec probe',
      service([app({}, { readinessProbe: { exec: { command: ['curl'] } } })]),
      ['app allowedBinary:* (implicit)'],
    ],
    [
      'a variable in the command',
      service([{ name: 'a', command: ['/opt/$(APP)'] }]),
      ['a allowedBinary:* (implicit)'],
    ],
    [
      'added capabilities, whatever their spelling',
      service([app({ capabilities: { drop: ['ALL'], add: ['cap_net_admin', 'NET_ADMIN', 'all'] } })]),
      ['app capability:ALL', 'app capability:NET_ADMIN'],
    ],
    [
      'defaults kept by a drop without ALL',
      service([app({ capabilities: { drop: ['NET_RAW'] } })]),
      RUNTIME_DEFAULT_CAPABILITIES.filter((name) => name !== 'NET_RAW').map(
        (name) => `app capability:${name}`,
      ),
    ],
    [
      'defaults kept by an empty drop',
      service([app({ capabilities: { drop: [] } })]),
      RUNTIME_DEFAULT_CAPABILITIES.map((name) => `app capability:${name}`),
    ],
    [
      'no drop at all keeps the defaults unasked',
      service([app({ capabilities: { add: ['BPF'] } })]),
      ['app capability:BPF'],
    ],
    [
      'container switches',
      service([
        app({
          privileged: true,
          allowPrivilegeEscalation: true,
          runAsNonRoot: false,
          runAsGroup: 0,
          readOnlyRootFilesystem: false,
        }),
      ]),
      [
        'app allowPrivilegeEscalation',
        'app privileged',
        'app readWriteRootFilesystem',
        'app runAsRoot',
        'app runAsRootGroup',
      ],
    ],
    [
      'their hardened values',
      service([
        app({
          privileged: false,
          allowPrivilegeEscalation: false,
          runAsNonRoot: true,
          runAsUser: 1,
          runAsGroup: 1,
          readOnlyRootFilesystem: true,
        }),
      ]),
      [],
    ],
    ['uid 0', service([app({ runAsUser: 0 })]), ['app runAsRoot']],
    [
      'profiles',
      service([
        app({
          seccompProfile: { type: 'Unconfined' },
          appArmorProfile: { type: 'Localhost', localhostProfile: 'x' },
        }),
      ]),
      ['app apparmor:Localhost', 'app seccomp:Unconfined'],
    ],
    [
      'default profiles',
      service([
        app({ seccompProfile: { type: 'RuntimeDefault' }, appArmorProfile: { type: 'RuntimeDefault' } }),
      ]),
      [],
    ],
    [
      'pod switches, wherever they stand',
      service(
        [app()],
        { hostNetwork: true, runtime: { hostPID: true, shareProcessNamespace: true } },
        { hostIPC: true, automountServiceAccountToken: true },
      ),
      [
        'pod automountServiceAccountToken',
        'pod hostIPC',
        'pod hostNetwork',
        'pod hostPID',
        'pod shareProcessNamespace',
      ],
    ],
    [
      'pod switches that are off, and hostUsers',
      service([app()], { hostNetwork: false, hostUsers: false }),
      [],
    ],
    [
      'init containers and sidecars',
      service(
        [app()],
        {
          runtime: {
            sidecars: [{ name: 's', securityContext: { privileged: true, allowedBinaries: ['/s'] } }],
          },
        },
        { initContainers: { i: { command: ['/i'], security: { runAsUser: 0 } } } },
      ),
      ['s allowedBinary:/s', 's privileged', 'i runAsRoot'],
    ],
  ])('%s', (_, input, expected) => {
    expect(overrides(input)).toEqual(expected.toSorted((a, b) => compare(a, b)));
  });

  test('entrypoints are asked for when the policy set says so', () => {
    const input = service([
      app(
        { allowedBinaries: ['/bin/listed'] },
        {
          livenessProbe: { exec: { command: ['/bin/check'] } },
          startupProbe: { exec: { command: ['/bin/listed'] } },
        },
      ),
    ]);
    expect(overrides(input)).toEqual(['app allowedBinary:/bin/listed']);
    expect(overrides(input, true)).toEqual([
      'app allowedBinary:/bin/app (implicit)',
      'app allowedBinary:/bin/check (implicit)',
      'app allowedBinary:/bin/listed',
    ]);
  });

  test('each points at the value that asks', () => {
    const input = service(
      {
        a: { security: { allowedBinaries: ['/x', '/y'], capabilities: { add: ['BPF'] }, runAsUser: 0 } },
        b: { command: ['rel'] },
      },
      { runtime: { hostPID: true } },
    );
    const pointers = securityOverrides(workload(input), { authorizeEntrypoints: false }).map(
      ({ id, path }) => `${id} ${toPointer(path)}`,
    );
    expect(pointers).toEqual([
      'allowedBinary:* /spec/workload/containers/b/command/0',
      'allowedBinary:/x /spec/workload/containers/a/security/allowedBinaries/0',
      'allowedBinary:/y /spec/workload/containers/a/security/allowedBinaries/1',
      'capability:BPF /spec/workload/containers/a/security/capabilities/add/0',
      'hostPID /spec/runtime/hostPID',
      'runAsRoot /spec/workload/containers/a/security/runAsUser',
    ]);
  });
});

function compare(a: string, b: string): number {
  const [containerA = '', idA = ''] = a.split(' ');
  const [containerB = '', idB = ''] = b.split(' ');
  return idA < idB ? -1 : idA > idB ? 1 : containerA < containerB ? -1 : 1;
}

test.each([
  ['allowedBinary:/usr/bin/x', 'binary'],
  ['allowedBinary:*', 'binary'],
  ['allowedBinary:x', undefined],
  ['capability:NET_ADMIN', 'capability'],
  ['capability:cap_net_admin', undefined],
  ['privileged', 'container'],
  ['hostNetwork', 'pod'],
  ['hostUsers', undefined],
  ['seccomp:Unconfined', 'profile'],
  ['seccomp:RuntimeDefault', undefined],
  ['constructor', undefined],
  ['seLinux:spc_t', 'profile'],
  ['seLinux:user:system_u', 'profile'],
  ['seLinux:', undefined],
  ['seLinux:level:s0', undefined],
  ['windowsHostProcess', 'container'],
  ['procMount:Unmasked', 'profile'],
  ['ephemeralContainer', 'container'],
  ['serviceAccountToken:vault', undefined],
  ['windowsUser:containeradministrator', 'container'],
  ['windowsUser:ContainerAdministrator', undefined],
  ['hostPath:/var/log', 'volume'],
  ['hostPath:/', 'volume'],
  ['hostPath:c:/logs', 'volume'],
  ['hostPath:/var/log/', undefined],
  ['hostPath:/var/../log', undefined],
  ['hostPath:var', undefined],
  ['supplementalGroup:0', 'pod'],
  ['supplementalGroup:1', undefined],
  ['volume:nfs', 'volume'],
  ['volume:a-b', undefined],
  ['hostProbe:example.org', 'network'],
  ['hostProbe:Example.org', undefined],
  ['hostPort:1', 'network'],
  ['hostPort:65535', 'network'],
  ['hostPort:65536', undefined],
  ['hostPort:080', undefined],
  ['hostPort:0', undefined],
  ['sysctl:net.ipv4.ip_forward', 'kernel'],
  ['sysctl:net/ipv4/ip_forward', undefined],
  ['unjudgedWorkload:argoproj.io/Rollout', 'workload'],
  ['unjudgedWorkload:core/Foo', 'workload'],
  ['unjudgedWorkload:/Foo', undefined],
  ['unjudgedWorkload:a/b/c', undefined],
])('the override %s is of category %s', (id, category) => {
  expect(overrideCategory(id)).toBe(category);
});
