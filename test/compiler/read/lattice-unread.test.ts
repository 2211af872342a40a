import { describe, expect, test } from 'vitest';
import { faults, service } from '../../support/services.ts';

type Fields = Readonly<Record<string, unknown>>;

const containers = { main: { image: 'm:1', command: ['/m'] } };
const root = { image: 'x:1', securityContext: { privileged: true } };

function document(kind: string, spec: Fields): Fields {
  return {
    apiVersion: 'lattice.dev/v1alpha1',
    kind,
    metadata: { name: 'w', namespace: 'n' },
    spec,
  };
}

const job = (spec: Fields, task: Fields = {}): Fields =>
  document('LatticeJob', { ...spec, tasks: { t: { workload: { containers }, ...task } } });
const model = (spec: Fields, role: Fields = {}): Fields =>
  document('LatticeModel', { ...spec, roles: { r: { entryWorkload: { containers }, ...role } } });

describe('what holds something of a pod and is not read is a fault with its place', () => {
  test.each<[string, Fields, string]>([
    [
      'containers under an unknown key',
      service(containers, { extra: { containers: { a: root } } }),
      '/spec/extra/containers',
    ],
    ['a list of them', service(containers, { extra: { containers: [root] } }), '/spec/extra/containers'],
    ['a list in a list', service(containers, { extra: { containers: [[root]] } }), '/spec/extra/containers'],
    ['another case', service(containers, { extra: { Containers: { a: root } } }), '/spec/extra/Containers'],
    [
      'hyphens',
      service(containers, { extra: { 'init-containers': { a: root } } }),
      '/spec/extra/init-containers',
    ],
    [
      'underscores',
      service(containers, { extra: { init_containers: [root] } }),
      '/spec/extra/init_containers',
    ],
    [
      'sidecars elsewhere',
      service(containers, { deploy: { sidecars: { a: root } } }),
      '/spec/deploy/sidecars',
    ],
    [
      'containers without an image',
      service(containers, { extra: { containers: { a: { command: ['/a'] } } } }),
      '/spec/extra/containers',
    ],
    [
      'containers with nothing but a probe',
      service(containers, { extra: { containers: { a: { livenessProbe: {} } } } }),
      '/spec/extra/containers',
    ],
    [
      'containers with nothing but a name',
      service(containers, { extra: { containers: [{ name: 'a' }] } }),
      '/spec/extra/containers',
    ],
    [
      'containers with nothing but a context',
      service(containers, { extra: { containers: { a: { security: {} } } } }),
      '/spec/extra/containers',
    ],
    [
      'one container',
      service(containers, { extra: { container: { command: ['/a'] } } }),
      '/spec/extra/container',
    ],
    [
      'a container under a name of its own',
      service(containers, { debug: { image: 'x', command: ['/x'] } }),
      '/spec/debug',
    ],
    ['a list of such', service(containers, { jobs: [{ image: 'x', args: ['x'] }] }), '/spec/jobs/0'],
    [
      'a pod template',
      service(containers, { template: { spec: { containers: [root] } } }),
      '/spec/template/spec/containers',
    ],
    [
      'a pod template in a list',
      service(containers, { templates: [{ spec: { containers: [root] } }] }),
      '/spec/templates/0/spec/containers',
    ],
    ['a patch of a pod', service(containers, { podSpecPatch: 'hostPID: true' }), '/spec/podSpecPatch'],
    [
      'a security context',
      service(containers, { extra: { securityContext: { runAsUser: 0 } } }),
      '/spec/extra/securityContext',
    ],
    [
      'that of the CRD',
      service(containers, { extra: { security: { dropCapabilities: [] } } }),
      '/spec/extra/security',
    ],
    [
      'one with capabilities alone',
      service(containers, { extra: { security: { capabilities: ['BPF'] } } }),
      '/spec/extra/security',
    ],
    [
      'one of another case',
      service(containers, { extra: { SecurityContext: { Privileged: true } } }),
      '/spec/extra/SecurityContext',
    ],
    [
      'one under an unknown key',
      service(containers, { extra: { privileges: { privileged: true } } }),
      '/spec/extra/privileges',
    ],
    [
      'one of a pod',
      service(containers, { extra: { podSecurityContext: { fsGroup: 0 } } }),
      '/spec/extra/podSecurityContext',
    ],
    ['an allowlist', service(containers, { extra: { allowedBinaries: ['*'] } }), '/spec/extra'],
    ['a switch of the pod', service(containers, { extra: { hostNetwork: true } }), '/spec/extra/hostNetwork'],
    ['one of another case', service(containers, { extra: { hostpid: true } }), '/spec/extra/hostpid'],
    [
      'containers in a container',
      service({ main: { ...containers.main, containers: { a: root } } }),
      '/spec/workload/containers/main/containers',
    ],
    [
      'sidecars in a container',
      service({ main: { ...containers.main, sidecars: [root] } }),
      '/spec/workload/containers/main/sidecars',
    ],
    [
      'a context in a probe',
      service({ main: { ...containers.main, livenessProbe: { securityContext: { runAsUser: 0 } } } }),
      '/spec/workload/containers/main/livenessProbe/securityContext',
    ],
    [
      'a context in the spec of a workload',
      service(containers, {}, { security: { privileged: true } }),
      '/spec/workload/security',
    ],
    ['a context in the spec', service(containers, { security: { privileged: true } }), '/spec/security'],
    [
      'containers in the runtime',
      service(containers, { runtime: { containers: { a: root } } }),
      '/spec/runtime/containers',
    ],
    ['containers beside the workload', service(containers, { containers: { a: root } }), '/spec/containers'],
    [
      'init containers beside it',
      service(containers, { initContainers: { a: root } }),
      '/spec/initContainers',
    ],
    [
      'the workload of a job in a service',
      service(containers, { tasks: { t: { workload: { containers: { a: root } } } } }),
      '/spec/tasks/t/workload/containers',
    ],
    [
      'the roles of a model in a service',
      service(containers, { roles: { r: { entryWorkload: { containers: { a: root } } } } }),
      '/spec/roles/r/entryWorkload/containers',
    ],
    [
      'the defaults of a job in a service',
      service(containers, { defaults: { workload: { containers: { a: root } } } }),
      '/spec/defaults/workload/containers',
    ],
    [
      'containers beside the spec',
      { ...service(containers), template: { spec: { containers: [root] } } },
      '/template/spec/containers',
    ],
    ['a security context beside the spec', { ...service(containers), extra: { privileged: true } }, '/extra'],
    [
      'a runtime of a job that has tasks',
      job({ runtime: { sidecars: { a: root } } }),
      '/spec/runtime/sidecars',
    ],
    ['sidecars of a job that has tasks', job({ sidecars: { a: root } }), '/spec/sidecars'],
    [
      'a switch in the runtime of a job that has tasks',
      job({ runtime: { hostNetwork: true } }),
      '/spec/runtime/hostNetwork',
    ],
    ['containers in a task', job({}, { containers: { a: root } }), '/spec/tasks/t/containers'],
    [
      'the workload of a role in a task',
      job({}, { entryWorkload: { containers: { a: root } } }),
      '/spec/tasks/t/entryWorkload/containers',
    ],
    [
      'the runtime of a role in a task',
      job({}, { entryRuntime: { sidecars: { a: root } } }),
      '/spec/tasks/t/entryRuntime/sidecars',
    ],
    [
      'containers in the policies of a task',
      job({}, { policies: [{ containers: [root] }] }),
      '/spec/tasks/t/policies/0/containers',
    ],
    [
      'sidecars in the defaults of a workload',
      job({ defaults: { workload: { sidecars: { a: root } } } }),
      '/spec/defaults/workload/sidecars',
    ],
    [
      'containers in the defaults themselves',
      job({ defaults: { containers: { a: root } } }),
      '/spec/defaults/containers',
    ],
    [
      'defaults in defaults',
      job({ defaults: { defaults: { workload: { containers: { a: root } } } } }),
      '/spec/defaults/defaults/workload/containers',
    ],
    [
      'a context in the defaults of a workload',
      job({ defaults: { workload: { security: { privileged: true } } } }),
      '/spec/defaults/workload/security',
    ],
    [
      'defaults of roles in a job',
      job({ defaults: { entryWorkload: { containers: { a: root } } } }),
      '/spec/defaults/entryWorkload/containers',
    ],
    [
      'defaults of tasks in a model',
      model({ defaults: { workload: { containers: { a: root } } } }),
      '/spec/defaults/workload',
    ],
    [
      'a runtime of workers that no role has',
      model({ defaults: { workerRuntime: { sidecars: { a: root } } } }),
      '/spec/defaults/workerRuntime/sidecars',
    ],
    [
      'a runtime of workers in a role without them',
      model({}, { workerRuntime: { sidecars: { a: root } } }),
      '/spec/roles/r/workerRuntime/sidecars',
    ],
    [
      'sidecars beside the workloads of a role',
      model({}, { sidecars: { a: root } }),
      '/spec/roles/r/sidecars',
    ],
    [
      'the workload of a task in a role',
      model({}, { workload: { containers: { a: root } } }),
      '/spec/roles/r/workload',
    ],
    [
      'a context in the source of a model',
      model({ modelSource: { uri: 'hf://m', securityContext: { runAsUser: 0 } } }),
      '/spec/modelSource/securityContext',
    ],
    [
      'a downloader',
      model({ modelSource: { uri: 'hf://m', container: { command: ['/x'] } } }),
      '/spec/modelSource/container',
    ],
  ])('%s', (_, input, expected) => {
    expect(faults(input).map((fault) => fault.split(':')[0])).toEqual([expected]);
  });

  test('a hundred of them are told', () => {
    const many = Object.fromEntries(
      Array.from({ length: 150 }, (_, index) => [`x${index}`, { privileged: true }]),
    );
    expect(faults(service(containers, { extra: many }))).toHaveLength(100);
  });
});

describe('what only looks like it passes', () => {
  test.each<[string, Fields]>([
    [
      'resources, tasks and containers of such names',
      service(
        { security: containers.main, sidecars: { image: 'a', command: ['/a'] } },
        {},
        {
          resources: {
            containers: { type: 'volume', params: { size: '1Gi' } },
            sidecars: { type: 'external-service', params: { endpoints: { default: 'https://a' } } },
            security: { type: 'secret', id: 'x', params: { keys: ['a'] } },
          },
        },
      ),
    ],
    [
      'a task with such a name',
      document('LatticeJob', { tasks: { containers: { workload: { containers } } } }),
    ],
    [
      'a role with such a name',
      document('LatticeModel', { roles: { sidecars: { entryWorkload: { containers } } } }),
    ],
    [
      'variables and files with such names',
      service({
        main: {
          ...containers.main,
          variables: { privileged: 'true', containers: 'a' },
          files: { securityContext: { content: 'runAsUser: 0' } },
        },
      }),
    ],
    [
      'backup hooks that name a container',
      service(containers, {
        backup: { hooks: { pre: [{ name: 'a', container: 'main', command: ['/m'] }] } },
      }),
    ],
    ['what the status tells', { ...service(containers), status: { containers: [root] } }],
    ['an image that is none of a container', service(containers, { extra: { image: 'disk.img', size: 1 } })],
    ['switches that are off', service(containers, { extra: { hostNetwork: false } })],
    [
      'limits, ports and scaling',
      service(
        { main: { ...containers.main, resources: { limits: { cpu: '1' } } } },
        {
          replicas: 2,
          autoscaling: { max: 3 },
          deploy: { strategy: 'rolling' },
          ingress: { routes: { public: { hosts: ['a'] } } },
        },
        { service: { ports: { http: { port: 80 } } } },
      ),
    ],
    [
      'a training',
      document('LatticeJob', {
        training: { framework: 'PyTorch', coordinatorTask: 't', nccl: { extraEnv: { A: 'b' } } },
        tasks: { t: { workload: { containers } } },
      }),
    ],
  ])('%s', (_, input) => {
    expect(faults(input)).toEqual([]);
  });
});
