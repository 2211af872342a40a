import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readWorkloadObjects } from '../../../src/compiler/index.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';

type Data = Readonly<Record<string, unknown>>;

/** What an object asks for, each as `<override> <pointer>`; its faults; or `nothing` where it passes. */
function answer(value: unknown): string[] {
  const read = readWorkloadObjects([{ value, source: { document: 0, path: [] } }]);
  if (!read.ok) return read.faults.map(({ path }) => `fault ${toPointer(path)}`);
  const asked = read.workloads.flatMap(({ asks }) => asks.map(({ id, path }) => `${id} ${toPointer(path)}`));
  return asked.length === 0 ? ['nothing'] : asked;
}

const metadata = { name: 'web', namespace: 'shop' };
const widget = (spec: unknown) => ({ apiVersion: 'example.org/v1', kind: 'Widget', metadata, spec });
const asked = (at: string) => [`unjudgedWorkload:example.org/Widget /spec${at}`];

describe('what has the shape of a pod template or of containers asks', () => {
  test.each<[string, unknown, string]>([
    ['a pod template', { template: { spec: { containers: [{ image: 'a' }] } } }, '/template/spec/containers'],
    ['a pod spec', { podSpec: { containers: [{ name: 'a' }] } }, '/podSpec/containers'],
    [
      'a pod template of another name',
      { podTemplate: { initContainers: [{ image: 'a' }] } },
      '/podTemplate/initContainers',
    ],
    [
      'a template of jobs',
      { jobTemplate: { spec: { template: { spec: { containers: [{ image: 'a' }] } } } } },
      '/jobTemplate/spec/template/spec/containers',
    ],
    ['keys in another case', { CONTAINERS: [{ Image: 'a' }] }, '/CONTAINERS'],
    ['keys with underscores', { init_containers: [{ image: 'a' }] }, '/init_containers'],
    ['keys that end in containers', { extraContainers: [{ name: 'a' }] }, '/extraContainers'],
    ['a mapping of containers', { containers: { main: { image: 'a' } } }, '/containers'],
    ['a list in a list', { containers: [[{ name: 'a', image: 'b' }]] }, '/containers'],
    ['containers with a command alone', { containers: [{ command: ['/bin/a'] }] }, '/containers'],
    ['containers with arguments alone', { containers: [{ args: ['-x'] }] }, '/containers'],
    [
      'containers with variables alone',
      { containers: [{ env: [{ name: 'A', value: 'b' }] }] },
      '/containers',
    ],
    ['a name alone, which patches a container', { containers: [{ name: 'a' }] }, '/containers'],
    ['a container with an empty image', { containers: [{ name: 'a', image: '' }] }, '/containers'],
    ['an image that is to be filled in', { containers: [{ image: '{{ .Values.image }}' }] }, '/containers'],
    ['an image in parts', { containers: [{ image: { repository: 'a', tag: '1' } }] }, '/containers'],
    ['containers that are to be filled in', { containers: '$(inputs.containers)' }, '/containers'],
    ['one container', { container: { image: 'a' } }, '/container'],
    ['one container of a longer key', { kafkaContainer: { env: [{ name: 'A' }] } }, '/kafkaContainer'],
    ['sidecars', { sidecars: [{ image: 'a' }] }, '/sidecars'],
    ['a container under another key', { worker: { image: 'a', command: ['/bin/a'] } }, '/worker'],
    ['containers in a list of another key', { workers: [{ image: 'a', args: ['-x'] }] }, '/workers/0'],
    ['steps with images', { steps: [{ name: 'a', image: 'b' }] }, '/steps'],
    ['a switch that reaches into the node', { pod: { hostNetwork: true } }, '/pod/hostNetwork'],
    ['a switch that is to be filled in', { pod: { hostPID: '<% x %>' } }, '/pod/hostPID'],
    ['a switch as a text', { pod: { host_ipc: 'true' } }, '/pod/host_ipc'],
    ['a shared process namespace', { shareProcessNamespace: true }, '/shareProcessNamespace'],
    ['a directory of the node', { volumes: [{ name: 'a', hostPath: { path: '/' } }] }, '/volumes'],
    ['a port of the node', { ports: [{ hostPort: 80 }] }, '/ports/0/hostPort'],
    ['sysctls', { sysctls: [{ name: 'kernel.msgmax', value: '1' }] }, '/sysctls'],
    ['a relaxed security context', { securityContext: { privileged: true } }, '/securityContext'],
    ['a context of another name', { podSecurityContext: { runAsUser: 0 } }, '/podSecurityContext'],
    ['a context that is to be filled in', { securityContext: { privileged: '{{ x }}' } }, '/securityContext'],
    ['a context with keys in another case', { SecurityContext: { Privileged: true } }, '/SecurityContext'],
    ['capabilities as Lattice writes them', { security: { capabilities: ['SYS_ADMIN'] } }, '/security'],
    ['a patch of pods', { podSpecPatch: '{"hostPID": true}' }, '/podSpecPatch'],
    ['a patch of pods as data', { podSpecPatch: { hostPID: true } }, '/podSpecPatch'],
    [
      'an object of a kind that we know',
      { base: { apiVersion: 'lattice.dev/v1alpha1', kind: 'LatticeService', spec: { replicas: 1 } } },
      '/base',
    ],
    [
      'a manifest that is a text',
      { resource: { manifest: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: a:1\n' } },
      '/resource/manifest',
    ],
    ['JSON that is a text', { manifest: '{"spec":{"containers":[{"image":"a:1"}]}}' }, '/manifest'],
    ['YAML on one line', { manifest: 'spec: {containers: [{name: a, image: b}]}' }, '/manifest'],
    ['JSON in JSON', { manifest: JSON.stringify({ a: '{"containers":[{"image":"a:1"}]}' }) }, '/manifest'],
    ['YAML in JSON', { manifest: JSON.stringify({ a: 'containers:\n- image: a:1' }) }, '/manifest'],
    [
      'a patch that is a text',
      { patches: [{ patch: 'spec:\n  template:\n    spec:\n      hostNetwork: true' }] },
      '/patches/0/patch',
    ],
    ['a quoted text', { patch: '{"spec": {"securityContext": {"privileged": "true"}}}' }, '/patch'],
  ])('%s', (_, spec, at) => {
    expect(answer(widget(spec))).toEqual(asked(at));
  });

  test('a key beside spec counts too', () => {
    expect(answer({ ...widget({}), data: { template: { spec: { containers: [{ image: 'a' }] } } } })).toEqual(
      ['unjudgedWorkload:example.org/Widget /data/template/spec/containers'],
    );
  });
});

describe('kinds that we know, in groups and versions that we do not', () => {
  const spec = { template: { spec: { containers: [{ name: 'a', image: 'a:1' }] } } };
  test.each<[string, string, string]>([
    ['apps/v2', 'Deployment', 'fault /kind'],
    ['extensions/v1beta1', 'Deployment', 'fault /kind'],
    ['apps/v1beta1', 'StatefulSet', 'fault /kind'],
    ['batch/v1beta1', 'CronJob', 'fault /kind'],
    ['v1', 'Deployment', 'fault /kind'],
    ['v2', 'Pod', 'fault /kind'],
    ['apps/v1', 'deployment', 'fault /kind'],
    ['apps/v1', 'Deploymnt', 'fault /kind'],
    ['apps', 'Deployment', 'fault /kind'],
    ['apps//v1', 'Deployment', 'fault /kind'],
    ['apps/v1/', 'Deployment', 'fault /kind'],
    [' apps/v1', 'Deployment', 'fault /kind'],
    ['apps/v1 ', 'Deployment', 'fault /kind'],
    ['APPS/v1', 'Deployment', 'fault /kind'],
    ['', 'Deployment', 'fault '],
    ['apps/v1', '', 'fault '],
    [
      'example.org/v1',
      'Deployment',
      'unjudgedWorkload:example.org/Deployment /spec/template/spec/containers',
    ],
    // Kinds of other projects are asked about in whatever version.
    ['argoproj.io/v1', 'Rollout', 'unjudgedWorkload:argoproj.io/Rollout /spec/template/spec/containers'],
    [
      'apps/v1',
      'ControllerRevision',
      'unjudgedWorkload:apps/ControllerRevision /spec/template/spec/containers',
    ],
  ])('%s %s', (apiVersion, kind, expected) => {
    expect(answer({ apiVersion, kind, metadata, spec })).toEqual([expected]);
  });
});

test('a kind that is known to make pods asks in an unknown version, whatever is in it', () => {
  const rollout = { apiVersion: 'argoproj.io/v2', kind: 'Rollout', metadata, spec: { workloadRef: 'web' } };
  expect(answer(rollout)).toEqual(['unjudgedWorkload:argoproj.io/Rollout /apiVersion']);
  expect(answer(widget({ base: rollout }))).toEqual(asked('/base'));
});

test('an object that names no namespace may be in none, and is asked about as such', () => {
  const spec = { template: { spec: { containers: [{ image: 'a' }] } } };
  const read = readWorkloadObjects([
    { value: { ...widget(spec), metadata: { name: 'web' } }, source: { document: 0, path: [] } },
  ]);
  expect(read.ok && read.workloads.map(({ namespace }) => namespace)).toEqual(['cluster-scoped']);
});

/** Objects in the shape of those of public projects. */
describe('objects that make no pods pass', () => {
  test.each<[string, string, Data]>([
    [
      'monitoring.coreos.com/v1',
      'PrometheusRule',
      {
        groups: [
          {
            name: 'pods',
            rules: [
              {
                alert: 'Restarts',
                expr: 'sum by (container) (increase(kube_pod_container_status_restarts_total{container!=""}[5m])) > 3',
                labels: { severity: 'warning' },
                annotations: {
                  description:
                    'The containers of {{ $labels.pod }} restart: image {{ $labels.image }}.\ncontainer: {{ $labels.container }}',
                },
              },
            ],
          },
        ],
      },
    ],
    [
      'monitoring.coreos.com/v1',
      'ServiceMonitor',
      { endpoints: [{ port: 'metrics', scheme: 'https' }], selector: { matchLabels: { app: 'web' } } },
    ],
    [
      'grafana.integreatly.org/v1beta1',
      'GrafanaDashboard',
      {
        json: JSON.stringify({
          title: 'Containers',
          panels: [
            { title: 'CPU of containers', targets: [{ expr: 'rate(x{container="a",image!=""}[5m])' }] },
          ],
          templating: { list: [{ name: 'container', query: 'label_values(container)' }] },
        }),
      },
    ],
    [
      'networking.istio.io/v1',
      'VirtualService',
      { hosts: ['web'], http: [{ route: [{ destination: { host: 'web', port: { number: 80 } } }] }] },
    ],
    ['networking.istio.io/v1', 'Sidecar', { egress: [{ hosts: ['./*'] }] }],
    [
      'gateway.networking.k8s.io/v1',
      'HTTPRoute',
      { parentRefs: [{ name: 'edge' }], rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
    ],
    ['cert-manager.io/v1', 'Certificate', { secretName: 'web', dnsNames: ['web.example.org'] }],
    [
      'cert-manager.io/v1',
      'Issuer',
      {
        acme: {
          solvers: [
            {
              http01: {
                ingress: { podTemplate: { spec: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'c' }] } } },
              },
            },
          ],
        },
      },
    ],
    [
      'keda.sh/v1alpha1',
      'ScaledObject',
      {
        scaleTargetRef: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: 'web',
          envSourceContainerName: 'a',
        },
      },
    ],
    [
      'apiextensions.crossplane.io/v1',
      'Composition',
      {
        resources: [
          {
            name: 'bucket',
            base: { apiVersion: 's3.example.org/v1', kind: 'Bucket', spec: { forProvider: { region: 'a' } } },
            patches: [
              {
                type: 'FromCompositeFieldPath',
                fromFieldPath: 'spec.region',
                toFieldPath: 'spec.forProvider.region',
              },
            ],
          },
        ],
      },
    ],
    ['example.org/v1', 'Widget', { image: 'a:1', replicas: 2, ports: [{ containerPort: 80 }] }],
    ['example.org/v1', 'Widget', { containers: [], initContainers: {}, sidecars: null }],
    ['example.org/v1', 'Widget', { containers: 3, container: 'main', exemptContainers: ['a', 'b'] }],
    ['example.org/v1', 'Widget', { hostNetwork: false, hostPort: 0, hostPath: '/var', host: true }],
    [
      'example.org/v1',
      'Widget',
      { securityContext: { runAsNonRoot: true, capabilities: { drop: ['ALL'] } } },
    ],
    ['example.org/v1', 'Widget', { security: { enabled: true, tls: { secretName: 'a' } } }],
    ['example.org/v1', 'Widget', { note: 'hostNetwork: false\nprivileged: no' }],
    ['example.org/v1', 'Widget', { steps: [{ setWeight: 20 }, { pause: {} }], script: 'return 1' }],
    ['constraints.gatekeeper.sh/v1beta1', 'K8sPSPHostNetworkingPorts', { parameters: { hostNetwork: true } }],
    ['policy/v1beta1', 'PodSecurityPolicy', { hostNetwork: true, hostPID: true }],
    ['v1', 'PersistentVolume', { hostPath: { path: '/data' }, capacity: { storage: '1Gi' } }],
    ['v1', 'ConfigMap', { pod: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: a:1\n' }],
    ['v1', 'ResourceQuota', { hard: { pods: '10' } }],
    [
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      { metrics: [{ containerResource: { container: 'a', name: 'cpu' } }] },
    ],
  ])('a %s %s: %j', (apiVersion, kind, spec) => {
    expect(answer({ apiVersion, kind, metadata, spec })).toEqual(['nothing']);
  });

  test.each<[string, string, Data, string]>([
    [
      // It can create and change pods, not only forbid them, so a permit for the kind is a matter of trust.
      'kyverno.io/v1',
      'Policy',
      {
        rules: [
          {
            name: 'a',
            mutate: { patchStrategicMerge: { spec: { containers: [{ '(name)': '*', image: 'b' }] } } },
          },
        ],
      },
      '/spec/rules/0/mutate/patchStrategicMerge/spec/containers',
    ],
    [
      'apiextensions.crossplane.io/v1',
      'Composition',
      {
        resources: [
          {
            base: {
              apiVersion: 'kubernetes.crossplane.io/v1alpha2',
              kind: 'Object',
              spec: {
                forProvider: {
                  manifest: { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ image: 'a' }] } },
                },
              },
            },
          },
        ],
      },
      '/spec/resources/0/base/spec/forProvider/manifest/spec/containers',
    ],
    [
      'monitoring.coreos.com/v1',
      'Prometheus',
      { image: 'prometheus:3', securityContext: { runAsNonRoot: true, runAsUser: 1000 } },
      '/spec',
    ],
  ])('but a %s %s that makes some asks', (apiVersion, kind, spec, at) => {
    expect(answer({ apiVersion, kind, metadata, spec })).toEqual([
      `unjudgedWorkload:${apiVersion.split('/')[0]}/${kind} ${at}`,
    ]);
  });
});

/** A privileged pod, as data or as a text, wherever a kind that we do not know may hold one. */
test('no wrapping of a privileged pod in an object of an unknown kind passes', () => {
  const container = { name: 'a', image: 'a:1', securityContext: { privileged: true } };
  const spelling = fc.constantFrom<(key: string) => string>(
    (key) => key,
    (key) => key.toUpperCase(),
    (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    (key) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  );
  const spelt = (value: unknown, spell: (key: string) => string): unknown => {
    if (Array.isArray(value)) return value.map((each) => spelt(each, spell));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [spell(key), spelt(each, spell)]));
  };
  const pod = fc
    .tuple(
      fc.constantFrom('containers', 'initContainers', 'ephemeralContainers', 'sidecars'),
      fc.constantFrom<unknown>([container], { a: container }, [[container]], [{ name: 'b' }, container]),
      spelling,
    )
    .map(([key, containers, spell]) => spelt({ spec: { [key]: containers } }, spell));
  const text = pod.chain((value) =>
    fc.constantFrom(
      JSON.stringify(value),
      JSON.stringify(value, null, 2),
      JSON.stringify(JSON.stringify(value)),
      'kind: Pod\nspec:\n  containers:\n    - name: a\n      securityContext:\n        privileged: true\n',
      'kind: Pod\nspec: {containers: [{name: a, securityContext: {privileged: true}}]}\n',
      `---\n${JSON.stringify(value)}\n---\n`,
    ),
  );
  const around = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 8, depthSize: 'large' },
      pod,
      text,
      fc.tuple(fc.string({ maxLength: 8 }), tie('tree')).map(([key, tree]) => ({ a: 1, [`k${key}`]: tree })),
      tie('tree').map((tree) => ['a', tree]),
    ),
  })).tree;
  fc.assert(
    fc.property(around, (spec) => {
      expect(answer(widget(spec))).toEqual([
        expect.stringContaining('unjudgedWorkload:example.org/Widget /spec'),
      ]);
    }),
    { numRuns: 2_000 },
  );
});
