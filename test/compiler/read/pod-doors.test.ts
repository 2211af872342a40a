import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import { SAFE_SYSCTLS } from '../../../src/compiler/model/sysctls.ts';
import { deployment, running } from '../../support/kubernetes.ts';
import { app as container, faults, service, workload } from '../../support/services.ts';

const POD = '/spec/template/spec';
const APP = `${POD}/containers/0`;

/** The overrides a workload asks for, each as `<container> <id> <pointer>`, with `(implicit)` for what nothing says. */
function asked(input: unknown): string[] {
  return securityOverrides(workload(input), { authorizeEntrypoints: false }).map(
    ({ container, id, path, implicit }) =>
      `${container ?? 'pod'} ${id} ${toPointer(path)}${implicit ? ' (implicit)' : ''}`,
  );
}

describe('ports of the node', () => {
  const withPorts = (ports: unknown, pod = {}) => running({ command: ['/a'], ports }, pod);

  test('each is asked for by its container', () => {
    const ports = [
      { containerPort: 80, hostPort: 8080 },
      { containerPort: 81 },
      { containerPort: 82, hostPort: 0 },
      { containerPort: 83, hostPort: null },
      { containerPort: 53, hostPort: 53, protocol: 'UDP' },
      { containerPort: 53, hostPort: 53, protocol: 'TCP', hostIP: '127.0.0.1' },
    ];
    expect(asked(withPorts(ports))).toEqual([
      `app hostPort:53 ${APP}/ports/4/hostPort`,
      `app hostPort:8080 ${APP}/ports/0/hostPort`,
    ]);
  });

  test('so is each port in the network of the host, into which the API server makes it one of the node', () => {
    const ports = [{ containerPort: 80 }, { containerPort: 81, hostPort: 81 }];
    expect(asked(withPorts(ports, { hostNetwork: true }))).toEqual([
      `pod hostNetwork ${POD}/hostNetwork`,
      `app hostPort:80 ${APP}/ports/0/containerPort (implicit)`,
      `app hostPort:81 ${APP}/ports/1/hostPort`,
    ]);
  });

  test('init containers, sidecars and ephemeral containers have ports too', () => {
    const listening = (name: string, hostPort: number) => ({ name, command: ['/a'], ports: [{ hostPort }] });
    const input = deployment({
      containers: [listening('main', 1)],
      initContainers: [listening('init', 2), { ...listening('proxy', 3), restartPolicy: 'Always' }],
      ephemeralContainers: [listening('debug', 65_535)],
    });
    expect(asked(input).filter((each) => each.includes('hostPort'))).toEqual([
      `main hostPort:1 ${APP}/ports/0/hostPort`,
      `init hostPort:2 ${POD}/initContainers/0/ports/0/hostPort`,
      `proxy hostPort:3 ${POD}/initContainers/1/ports/0/hostPort`,
      `debug hostPort:65535 ${POD}/ephemeralContainers/0/ports/0/hostPort`,
    ]);
  });

  test.each([['80'], [-1], [65_536], [80.5], [true], [{}]])('%j is no port', (hostPort) => {
    expect(faults(withPorts([{ containerPort: 80, hostPort }]))).toEqual([
      expect.stringMatching(`^${APP}/ports/0/hostPort: `),
    ]);
  });

  test('a null among them is what the API server refuses', () => {
    expect(faults(withPorts([null]))).toEqual([expect.stringMatching(`^${APP}/ports/0: `)]);
  });
});

describe('sysctls', () => {
  const withSysctls = (...names: unknown[]) =>
    deployment({ securityContext: { sysctls: names.map((name) => ({ name, value: '1' })) } });

  test('each that may reach beyond the pod is asked for', () => {
    expect(asked(withSysctls('net.core.somaxconn', 'kernel.msgmax'))).toEqual([
      `pod sysctl:kernel.msgmax ${POD}/securityContext/sysctls/1/name`,
      `pod sysctl:net.core.somaxconn ${POD}/securityContext/sysctls/0/name`,
    ]);
  });

  test.each(SAFE_SYSCTLS)('%s is free, with dots and with slashes', (name) => {
    expect(asked(withSysctls(name, name.replaceAll('.', '/')))).toEqual([]);
  });

  test('slashes and dots are the same separator', () => {
    expect(asked(withSysctls('net/ipv4/ip_forward', 'net.ipv4.ip_forward'))).toEqual([
      `pod sysctl:net.ipv4.ip_forward ${POD}/securityContext/sysctls/0/name`,
    ]);
  });

  test.each([
    'net.ipv4/ip_forward',
    'net/ipv4.ip_forward',
    'net.ipv4.conf.eth0/1.rp_filter',
    'Net.ipv4.ip_forward',
    'net..ipv4',
    'net.*',
    ' net.ipv4.ip_forward',
    'net.ipv4.ip_forward\u0000',
    '',
    'a'.repeat(254),
  ])('%j is no name', (name) => {
    expect(faults(withSysctls(name))).toEqual([
      expect.stringMatching(`^${POD}/securityContext/sysctls/0/name: Expected the name of a sysctl`),
    ]);
  });
});

describe('hosts of probes and lifecycle handlers', () => {
  const probing = (host: unknown) =>
    running({ command: ['/a'], livenessProbe: { httpGet: { port: 80, host } } });

  test('each is asked for by its container', () => {
    const at = (host: string) => ({ port: 80, host });
    const probed = {
      command: ['/a'],
      livenessProbe: { httpGet: at('a') },
      readinessProbe: { tcpSocket: at('b') },
      startupProbe: { httpGet: at('c'), tcpSocket: at('d') },
      lifecycle: { postStart: { httpGet: at('e') }, preStop: { tcpSocket: at('f') } },
    };
    expect(asked(running(probed))).toEqual([
      `app hostProbe:a ${APP}/livenessProbe/httpGet/host`,
      `app hostProbe:b ${APP}/readinessProbe/tcpSocket/host`,
      `app hostProbe:c ${APP}/startupProbe/httpGet/host`,
      `app hostProbe:d ${APP}/startupProbe/tcpSocket/host`,
      `app hostProbe:e ${APP}/lifecycle/postStart/httpGet/host`,
      `app hostProbe:f ${APP}/lifecycle/preStop/tcpSocket/host`,
    ]);
  });

  test('of a Lattice container too', () => {
    const input = service([container({}, { readinessProbe: { httpGet: { port: 80, host: '127.0.0.1' } } })]);
    expect(asked(input)).toEqual([
      'app hostProbe:127.0.0.1 /spec/workload/containers/0/readinessProbe/httpGet/host',
    ]);
  });

  test.each([[''], [null], [undefined]])('%j is the pod itself', (host) => {
    expect(asked(probing(host))).toEqual([]);
  });

  test.each([
    ['Metadata.Google.Internal.', 'metadata.google.internal'],
    ['169.254.169.254', '169.254.169.254'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::FFFF:169.254.169.254', '169.254.169.254'],
    ['::ffff:a9fe:a9fe', '169.254.169.254'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['my_host', 'my_host'],
    ['1.2.3.4.example', '1.2.3.4.example'],
  ])('%s is asked for as %s', (host, named) => {
    expect(asked(probing(host))).toEqual([`app hostProbe:${named} ${APP}/livenessProbe/httpGet/host`]);
  });

  test.each([
    '2852039166',
    '0xa9fea9fe',
    '169.254.43518',
    '0251.0376.0251.0376',
    '169.254.169.254..',
    '256.1.1.1',
    '\uff11\uff16\uff19.254.169.254',
    '[::1]',
    '1::2::3',
    ':',
    '.',
    ' ',
    'a b',
    'a\u0000',
    'a/b',
    'user@host',
    'a'.repeat(254),
  ])('%j is a host that resolvers read differently, or none', (host) => {
    expect(faults(probing(host))).toEqual([
      expect.stringMatching(`^${APP}/livenessProbe/httpGet/host: Expected a host name`),
    ]);
  });

  test('a number is no host', () => {
    expect(faults(probing(10))).toEqual([expect.stringMatching(`^${APP}/livenessProbe/httpGet/host: `)]);
  });
});

describe('types of volumes', () => {
  const withVolumes = (...volumes: object[]) =>
    deployment({ volumes: volumes.map((volume, index) => ({ name: `v${index}`, ...volume })) });

  test.each([
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'image',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ])('%s is free', (type) => {
    expect(asked(withVolumes({ [type]: {} }))).toEqual([]);
  });

  test.each([
    'awsElasticBlockStore',
    'azureDisk',
    'azureFile',
    'cephfs',
    'cinder',
    'fc',
    'flexVolume',
    'flocker',
    'gcePersistentDisk',
    'gitRepo',
    'glusterfs',
    'iscsi',
    'nfs',
    'photonPersistentDisk',
    'portworxVolume',
    'quobyte',
    'rbd',
    'scaleIO',
    'storageos',
    'vsphereVolume',
    'typeOfNextYear',
    'emptydir',
    'toString',
  ])('%s is asked for', (type) => {
    expect(asked(withVolumes({ emptyDir: {} }, { [type]: {} }))).toEqual([
      `pod volume:${type} ${POD}/volumes/1/${type}`,
    ]);
  });

  test('without a type it is an emptyDir, and null is no type', () => {
    expect(asked(withVolumes({}, { nfs: null }, { emptyDir: null }))).toEqual([]);
  });

  test('with two types the API server refuses it', () => {
    expect(faults(withVolumes({ nfs: {}, emptyDir: {} }))).toEqual([
      `${POD}/volumes/0/emptyDir: The volume is of type nfs already: a volume has one type.`,
    ]);
  });

  test.each(['', 'a b', 'a:b', '\u0000', 'a'.repeat(64)])('%j is no type', (type) => {
    expect(faults(withVolumes({ [type]: {} }))).toEqual([
      expect.stringContaining('There is no such type of volumes'),
    ]);
  });
});

describe('the root group', () => {
  test('is asked for by the pod, once, at the first place that joins it', () => {
    expect(
      asked(deployment({ securityContext: { fsGroup: 1000, supplementalGroups: [999, 0, 0] } })),
    ).toEqual([`pod supplementalGroup:0 ${POD}/securityContext/supplementalGroups/1`]);
    expect(asked(deployment({ securityContext: { fsGroup: 0, supplementalGroups: [0] } }))).toEqual([
      `pod supplementalGroup:0 ${POD}/securityContext/fsGroup`,
    ]);
  });

  test('runAsGroup is asked for by each container that has it', () => {
    expect(asked(deployment({ securityContext: { runAsGroup: 0, fsGroup: 1 } }))).toEqual([
      `app runAsRootGroup ${POD}/securityContext/runAsGroup`,
    ]);
  });
});

test('each ephemeral container is asked for', () => {
  const ephemeralContainers = ['debug', 'trace'].map((name) => ({ name, command: ['/a'] }));
  expect(asked(deployment({ ephemeralContainers }))).toEqual([
    `debug ephemeralContainer ${POD}/ephemeralContainers/0`,
    `trace ephemeralContainer ${POD}/ephemeralContainers/1`,
  ]);
});

describe('directories of the node', () => {
  const READ = { name: 'v0', mountPath: '/x', readOnly: true };
  const mounting = (hostPath: unknown, ...volumeMounts: object[]) =>
    running({ command: ['/a'], volumeMounts }, { volumes: [{ name: 'v0', hostPath }] });
  /** The paths that are asked for, each with what is said of reading. */
  const paths = (input: unknown): string[] =>
    securityOverrides(workload(input), { authorizeEntrypoints: false }).map(
      ({ id, readOnly }) => `${id}${readOnly === true ? ' (read-only)' : ''}`,
    );

  test('each path is asked for once, at its first volume', () => {
    const at = (path: string, index: number) => ({ name: `v${index}`, hostPath: { path } });
    const volumes = ['/var/log', '/etc', '/var/log/'].map(at);
    expect(asked(deployment({ volumes }))).toEqual([
      `pod hostPath:/etc ${POD}/volumes/1/hostPath/path`,
      `pod hostPath:/var/log ${POD}/volumes/0/hostPath/path`,
    ]);
  });

  test.each([
    ['/var/log', '/var/log'],
    ['/var//log', '/var/log'],
    ['//var/log', '/var/log'],
    ['/var/log/', '/var/log'],
    ['/./var/./log/.', '/var/log'],
    ['/', '/'],
    ['///', '/'],
    ['/.', '/'],
    ['/a b"\\*', '/a b"\\*'],
    ['/\u00fc', '/\u00fc'],
    ['/u\u0308', '/u\u0308'],
    ['/...', '/...'],
    [`/${'a'.repeat(4_094)}`, `/${'a'.repeat(4_094)}`],
    ['C:\\Windows\\System32\\', 'c:/windows/system32'],
    ['c:/', 'c:/'],
    ['\\\\.\\pipe\\docker_engine', '//./pipe/docker_engine'],
    ['\\\\?\\C:\\Logs. ', 'c:/logs'],
  ])('%j is the path %s', (path, named) => {
    expect(paths(mounting({ path }, READ))).toEqual([`hostPath:${named} (read-only)`]);
  });

  test('of a pod that runs on Windows, a path without a drive is on C', () => {
    const input = deployment({
      os: { name: 'windows' },
      volumes: [{ name: 'v', hostPath: { path: '/Logs' } }],
    });
    expect(paths(input)).toEqual(['hostPath:c:/logs']);
  });

  test.each([
    ['', 'is empty'],
    ['var/log', 'is not absolute'],
    ['.', 'is not absolute'],
    ['~/x', 'is not absolute'],
    ['/var/../etc', 'holds a .. segment'],
    ['/..', 'holds a .. segment'],
    ['/a\u0000', 'holds control'],
    ['/a\n', 'holds control'],
    ['/\u202e', 'holds control'],
    [`/${'a'.repeat(4_095)}`, 'is longer than 4095 bytes'],
    ['C:', 'is no path of a drive'],
    ['C:logs', 'is no path of a drive'],
    ['\\\\server\\share', 'is no path of a drive'],
    ['C:\\PROGRA~1', 'holds a short name'],
    ['C:\\a:stream', 'holds a short name'],
    ['C:\\a\\...', 'holds a short name'],
    ['C:\\a\\..\\b', 'holds a .. segment'],
  ])('%j is refused', (path, problem) => {
    expect(faults(mounting({ path }, READ))).toEqual([
      expect.stringContaining(`${POD}/volumes/0/hostPath/path: The path `),
    ]);
    expect(faults(mounting({ path }, READ))[0]).toContain(problem);
  });

  test.each([[{}], [{ path: null }], [{ path: 1 }], ['/var/log'], [['/var/log']]])(
    'the API server takes no %j',
    (hostPath) => {
      expect(faults(mounting(hostPath))).toEqual([expect.stringContaining(`${POD}/volumes/0/hostPath`)]);
    },
  );

  test.each([
    ['a path of Windows', (long: string) => mounting({ path: `C:\\${long.replaceAll('/', ' ')}x` }, READ)],
    ['a path of a mount', (long: string) => mounting({ path: '/a' }, { ...READ, mountPath: `${long}x` })],
    ['a path of a volume', (long: string) => mounting({ path: `${long}x` }, READ)],
    [
      'a path of a mount of Lattice',
      (long: string) => service([container({}, { volumes: { [`${long}x`]: {} } })]),
    ],
  ])('%s is read in time, however many separators it has', (_, bodyOf) => {
    // A search for the end of each run of slashes would take hours.
    const found = faults(bodyOf('/'.repeat(2_000_000)));
    expect(found.length).toBeLessThanOrEqual(1);
  });

  test.each<[string, object, object[], boolean]>([
    ['every mount is read-only', {}, [READ, READ], true],
    ['nothing mounts it', {}, [], false],
    ['one mount of two is not read-only', {}, [READ, { ...READ, readOnly: false }], false],
    ['a mount does not say', {}, [{ name: 'v0', mountPath: '/x' }], false],
    ['a mount says so in another type', {}, [{ ...READ, readOnly: 'true' }], false],
    ['it must be a directory', { type: 'Directory' }, [READ], true],
    ['it must be a file', { type: 'File' }, [READ], true],
    ['the type is empty', { type: '' }, [READ], true],
    ['the type is null', { type: null }, [READ], true],
    ['the kubelet makes the directory', { type: 'DirectoryOrCreate' }, [READ], false],
    ['the kubelet makes the file', { type: 'FileOrCreate' }, [READ], false],
    ['a socket takes writes all the same', { type: 'Socket' }, [READ], false],
    ['a device takes writes all the same', { type: 'BlockDevice' }, [READ], false],
    ['the kubelet makes the subdirectory', {}, [{ ...READ, subPath: 'a' }], false],
    ['the kubelet makes a subdirectory', {}, [{ ...READ, subPathExpr: '$(A)' }], false],
    ['an empty subPath is none', {}, [{ ...READ, subPath: '' }], true],
  ])('%s: read-only or not', (_, more, mounts, readOnly) => {
    expect(paths(mounting({ path: '/var/log', ...more }, ...mounts))).toEqual([
      `hostPath:/var/log${readOnly ? ' (read-only)' : ''}`,
    ]);
  });

  test.each(['containers', 'initContainers', 'ephemeralContainers'])('a writer among %s counts', (group) => {
    const volumes = ['/var/log', '/var/log/'].map((path, index) => ({
      name: `v${index}`,
      hostPath: { path },
    }));
    const reader = { name: 'reader', command: ['/a'], volumeMounts: [READ] };
    const writer = { name: 'writer', command: ['/a'], volumeMounts: [{ name: 'v1', mountPath: '/y' }] };
    const groups = { containers: [reader] };
    const read = deployment({ ...groups, volumes });
    expect(paths(read)).toEqual(['hostPath:/var/log (read-only)']);
    const written =
      group === 'containers' ? { containers: [reader, writer] } : { ...groups, [group]: [writer] };
    expect(paths(deployment({ ...written, volumes }))).toContain('hostPath:/var/log');
  });
});

describe('tokens of the service account', () => {
  const projecting = (audience: unknown) =>
    deployment({
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't', audience } }] } }],
    });
  const TOKEN = `${POD}/volumes/0/projected/sources/0/serviceAccountToken`;

  test.each(['', null, 'https://kubernetes.default.svc'])('for %j it is asked about', (audience) => {
    expect(asked(projecting(audience))).toEqual([`pod automountServiceAccountToken ${TOKEN}`]);
  });

  test.each(['vault', 'sts.amazonaws.com'])('for %j it opens nothing in the cluster', (audience) => {
    expect(asked(projecting(audience))).toEqual([]);
  });
});

describe('users of Windows containers', () => {
  const asUser = (own: unknown, pod: unknown = undefined) =>
    running(
      { command: ['a'], securityContext: { windowsOptions: { runAsUserName: own } } },
      { os: { name: 'windows' }, securityContext: { windowsOptions: { runAsUserName: pod } } },
    );

  test.each<[unknown, unknown, string[]]>([
    ['ContainerUser', undefined, []],
    ['CONTAINERUSER', undefined, []],
    [undefined, undefined, []],
    ['ContainerUser', 'ContainerAdministrator', []],
    [null, 'ContainerAdministrator', ['windowsUser:containeradministrator']],
    ['containerADMINISTRATOR', undefined, ['windowsUser:containeradministrator']],
    ['NT AUTHORITY\\SYSTEM', 'ContainerUser', ['windowsUser:nt authority\\system']],
  ])('%j over %j', (own, pod, ids) => {
    expect(asked(asUser(own, pod)).map((each) => each.replace(/^app (.*) \/.*$/, '$1'))).toEqual(ids);
  });

  test('a name that nobody can see is refused', () => {
    expect(faults(asUser('a\u0000'))).toEqual([
      expect.stringContaining('Not the name of a user of Windows.'),
    ]);
  });
});

test('SELinux options of the pod are asked for where each container has its own, for its sandbox has them', () => {
  const seLinuxOptions = { level: 's0' };
  const own = running(
    { command: ['/a'], securityContext: { seLinuxOptions } },
    { securityContext: { seLinuxOptions: { type: 'spc_t' } } },
  );
  expect(asked(own)).toEqual([`pod seLinux:spc_t ${POD}/securityContext/seLinuxOptions/type`]);
});
