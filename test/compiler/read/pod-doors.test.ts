import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import { SAFE_SYSCTLS } from '../../../src/compiler/model/sysctls.ts';
import { deployment, running } from '../../support/kubernetes.ts';
import { faults, workload } from '../../support/services.ts';

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
    const container = (name: string, hostPort: number) => ({ name, command: ['/a'], ports: [{ hostPort }] });
    const input = deployment({
      containers: [container('main', 1)],
      initContainers: [container('init', 2), { ...container('proxy', 3), restartPolicy: 'Always' }],
      ephemeralContainers: [container('debug', 65_535)],
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
