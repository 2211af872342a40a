import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { selectorFaults, selectorOverlaps } from '../../../src/compiler/derive/pod-selectors.ts';
import { readWorkloads } from '../../../src/compiler/index.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import type { Workload } from '../../../src/compiler/model/workload.ts';
import { parseDocuments } from '../../../src/compiler/read/documents.ts';
import { deployment, running } from '../../support/kubernetes.ts';
import { allowlistOf } from '../../support/manifests.ts';
import { app, compiled, faults, service, workload, workloads } from '../../support/services.ts';

const POD = '/spec/template/spec';
const ANNOTATION = 'runtime.lattice.dev/allowed-binaries';

/** The overrides a workload asks for, each as `<container> <id> <pointer>`. */
function asked(input: unknown): string[] {
  return securityOverrides(workload(input), { authorizeEntrypoints: false }).map(
    ({ container, id, path }) => `${container ?? 'pod'} ${id} ${toPointer(path)}`,
  );
}

function notices(...inputs: unknown[]): string[] {
  const parsed = parseDocuments(inputs.map((each) => JSON.stringify(each)).join('\n---\n'), 'yaml');
  if (!parsed.ok) throw new Error('not parsable');
  const read = readWorkloads(parsed.documents);
  if (!read.ok) throw new Error(read.faults.map(({ message }) => message).join());
  return read.notices.map(
    ({ code, message, document, path }) => `${code} ${document}${toPointer(path)} ${message}`,
  );
}

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app' }] } };
const metadata = { name: 'web', namespace: 'shop' };
const selector = { matchLabels: { app: 'web' } };

describe('kinds', () => {
  test.each([
    ['v1', 'Pod', { metadata: { ...metadata, labels: { app: 'web' } }, spec: template.spec }, selector],
    ['apps/v1', 'Deployment', { spec: { selector, template } }, selector],
    ['apps/v1', 'StatefulSet', { spec: { selector, template, serviceName: 'web' } }, selector],
    ['apps/v1', 'DaemonSet', { spec: { selector, template } }, selector],
    ['apps/v1', 'ReplicaSet', { spec: { selector, template } }, selector],
    ['batch/v1', 'Job', { spec: { template } }, { matchLabels: { 'batch.kubernetes.io/job-name': 'web' } }],
    ['batch/v1', 'Job', { spec: { template, selector, manualSelector: true } }, selector],
    [
      'batch/v1',
      'Job',
      { metadata: { ...metadata, name: null, generateName: 'web-' }, spec: { template } },
      selector,
    ],
    ['batch/v1', 'CronJob', { spec: { schedule: '@daily', jobTemplate: { spec: { template } } } }, selector],
  ])('%s %s', (apiVersion, kind, more, podSelector) => {
    const read = workload({ apiVersion, kind, metadata, ...more });
    expect(read).toMatchObject({ kind: kind.toLowerCase(), namespace: 'shop', name: 'web', podSelector });
    const { manifests } = compiled({ apiVersion, kind, metadata, ...more });
    expect(manifests.map((manifest) => [manifest.metadata.name, manifest.spec.podSelector])).toEqual([
      [`block-capset-web--${kind.toLowerCase()}`, podSelector],
    ]);
  });

  test('the selector is the workload’s own, expressions included', () => {
    const expressions = [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'legacy', operator: 'DoesNotExist' },
    ];
    const input = deployment(
      {},
      { labels: { app: 'web', tier: 'a', version: '3' } },
      {
        selector: { ...selector, matchExpressions: expressions },
      },
    );
    expect(compiled(input).manifests[0]?.spec.podSelector).toEqual({
      ...selector,
      matchExpressions: expressions,
    });
  });

  test('a LatticeJob is a workload for each task, a LatticeModel for each role and its workers', () => {
    const of = (name: string) => ({ containers: { main: { image: 'x:1', command: [`/bin/${name}`] } } });
    const job = {
      apiVersion: 'lattice.dev/v1alpha1',
      kind: 'LatticeJob',
      metadata: { name: 'train', namespace: 'ml' },
      spec: {
        tasks: {
          master: { workload: of('master'), runtime: { hostNetwork: true } },
          worker: { workload: of('worker') },
        },
      },
    };
    const model = {
      ...job,
      kind: 'LatticeModel',
      metadata: { name: 'llama', namespace: 'ml' },
      spec: {
        roles: {
          decode: {
            entryWorkload: of('entry'),
            entryRuntime: { hostIPC: true },
            workerWorkload: of('worker'),
          },
        },
      },
    };
    const seen = workloads(`${JSON.stringify(job)}\n---\n${JSON.stringify(model)}`).map((each: Workload) => [
      `${each.kind} ${each.name}`,
      each.podSelector?.matchLabels,
      ...each.pod.map(({ name, path }) => `${name} ${toPointer(path)}`),
    ]);
    const name = (value: string) => ({ 'app.kubernetes.io/name': value });
    expect(seen).toEqual([
      ['job train-master', name('train-master'), 'hostNetwork /spec/tasks/master/runtime/hostNetwork'],
      ['job train-worker', name('train-worker')],
      ['model llama-decode', name('llama-decode'), 'hostIPC /spec/roles/decode/entryRuntime/hostIPC'],
      [
        'model llama-decode-worker',
        name('llama-decode-worker'),
        'hostIPC /spec/roles/decode/entryRuntime/hostIPC',
      ],
    ]);
  });

  test('a LatticeJob or LatticeModel of one workload is shaped as a service is', () => {
    for (const [kind, cedarKind] of [
      ['LatticeJob', 'job'],
      ['LatticeModel', 'model'],
    ]) {
      expect(workload({ ...service([app()]), kind })).toMatchObject({ kind: cedarKind, name: 'web' });
    }
  });
});

describe('security contexts', () => {
  test('containers inherit from the pod what they do not say themselves, and it stands where it was said', () => {
    const input = deployment({
      securityContext: { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: 'Unconfined' } },
      containers: [
        {
          name: 'own',
          command: ['/a'],
          securityContext: { runAsUser: 7, seccompProfile: { type: 'RuntimeDefault' } },
        },
        { name: 'plain', command: ['/b'] },
      ],
      initContainers: [
        { name: 'init', command: ['/c'], securityContext: { runAsGroup: 5, privileged: true } },
      ],
    });
    const pod = `${POD}/securityContext`;
    expect(asked(input)).toEqual([
      `init privileged ${POD}/initContainers/0/securityContext/privileged`,
      `init runAsRoot ${pod}/runAsUser`,
      `plain runAsRoot ${pod}/runAsUser`,
      `own runAsRootGroup ${pod}/runAsGroup`,
      `plain runAsRootGroup ${pod}/runAsGroup`,
      `init seccomp:Unconfined ${pod}/seccompProfile/type`,
      `plain seccomp:Unconfined ${pod}/seccompProfile/type`,
    ]);
  });

  test('runAsNonRoot of the pod is enforced, and a container that takes it back skips it', () => {
    const names = (input: unknown): string[] => compiled(input).manifests.map((each) => each.metadata.name);
    const pod = { securityContext: { runAsNonRoot: true } };
    expect(names(deployment(pod))).toContain('block-setuid-web--deployment');
    expect(names(running({ command: ['/a'], securityContext: { runAsNonRoot: false } }, pod))).not.toContain(
      'block-setuid-web--deployment',
    );
  });

  test('init containers, native sidecars and ephemeral containers count as containers', () => {
    const container = (name: string, more = {}) => ({ name, command: [`/bin/${name}`], ...more });
    const input = deployment({
      containers: [container('main')],
      initContainers: [container('init'), container('proxy', { restartPolicy: 'Always' })],
      ephemeralContainers: [container('debug', { targetContainerName: 'main' })],
    });
    expect(workload(input).containers.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'main container',
      'init initContainer',
      'proxy sidecar',
      'debug ephemeralContainer',
    ]);
    expect(allowlistOf(compiled(input).manifests)).toEqual([
      '/bin/debug',
      '/bin/init',
      '/bin/main',
      '/bin/proxy',
    ]);
  });

  test('pod-level switches stand in the pod’s spec', () => {
    expect(asked(deployment({ hostPID: true, hostNetwork: true, shareProcessNamespace: false }))).toEqual([
      `pod hostNetwork ${POD}/hostNetwork`,
      `pod hostPID ${POD}/hostPID`,
    ]);
  });
});

describe('allowed binaries', () => {
  test.each([
    ['/a, /b', ['/a', '/b']],
    ['/a\n/b\n', ['/a', '/b']],
    ['/a', ['/a']],
    ['["/a", "/with,comma"]', ['/a', '/with,comma']],
    ['*', undefined],
  ])('the annotation %j', (text, expected) => {
    const input = running({}, {}, { annotations: { [ANNOTATION]: text } });
    expect(allowlistOf(compiled(input).manifests)).toEqual(expected ?? null);
  });

  test('those of the pod hold for every container, those of a container for it alone', () => {
    const containers = [{ name: 'a' }, { name: 'b', command: ['/bin/b'] }];
    const annotations = { [ANNOTATION]: '/pod', [`${ANNOTATION}.a`]: '/a' };
    const at = '/spec/template/metadata/annotations/runtime.lattice.dev~1allowed-binaries';
    expect(asked(deployment({ containers }, { annotations }))).toEqual([
      `a allowedBinary:/a ${at}.a`,
      `a allowedBinary:/pod ${at}`,
      `b allowedBinary:/pod ${at}`,
    ]);
  });

  test('an empty annotation counts as none: the entrypoint is unknown', () => {
    expect(asked(running({}, {}, { annotations: { [ANNOTATION]: ' ' } }))).toEqual([
      `app allowedBinary:* ${POD}/containers/0`,
    ]);
  });
});

describe('what is refused, and where', () => {
  const annotations = (key: string, value = '/a') => deployment({}, { annotations: { [key]: value } });
  const at = '/spec/template/metadata/annotations/runtime.lattice.dev~1';
  test.each<[string, unknown, string]>([
    [
      'a container that is not there',
      annotations(`${ANNOTATION}.ap`),
      `${at}allowed-binaries.ap: The pod has no`,
    ],
    [
      'a misspelt annotation',
      annotations('runtime.lattice.dev/allowed-binary'),
      `${at}allowed-binary: There is no`,
    ],
    [
      'a relative path',
      annotations(ANNOTATION, 'app'),
      `${at}allowed-binaries: The path "app" is not absolute`,
    ],
    [
      'a list of other things',
      annotations(ANNOTATION, '[1]'),
      `${at}allowed-binaries: Expected paths separated`,
    ],
    [
      'an annotation on the Deployment',
      { ...deployment(), metadata: { ...metadata, annotations: { [ANNOTATION]: '/a' } } },
      '/metadata/annotations/runtime.lattice.dev~1allowed-binaries: The annotation is read from the pod template',
    ],
    [
      'a profile by annotation that is none',
      annotations('container.apparmor.security.beta.kubernetes.io/app', 'none'),
      '/spec/template/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1app: Expected runtime/default',
    ],
    [
      'a misspelt field of a container',
      running({ securitycontext: {} }),
      `${POD}/containers/0/securitycontext: Unknown field`,
    ],
    [
      'a misspelt switch',
      deployment({ hostPid: true }),
      `${POD}/hostPid: Unknown field "hostPid". Did you mean hostPID?`,
    ],
    [
      'an unknown field of a security context',
      running({ securityContext: { fsGroup: 1 } }),
      `${POD}/containers/0/securityContext/fsGroup: Unknown field`,
    ],
    [
      'an unknown field of the pod’s',
      deployment({ securityContext: { privileged: true } }),
      `${POD}/securityContext/privileged: Unknown field`,
    ],
    [
      'allowedBinaries as a field',
      running({ allowedBinaries: ['/a'] }),
      `${POD}/containers/0/allowedBinaries: The field "allowedBinaries" is not read here; it belongs in the annotation`,
    ],
    ['an empty selector', deployment({}, {}, { selector: {} }), '/spec/selector: The selector is empty'],
    [
      'a selector of other pods',
      deployment({}, {}, { selector: { matchLabels: { app: 'x' } } }),
      '/spec/selector: The selector does not select',
    ],
    [
      'an older version',
      { ...deployment(), apiVersion: 'apps/v1beta1' },
      '/kind: Expected apiVersion apps/v1 for a Deployment',
    ],
    [
      'a misspelt kind',
      { ...deployment(), kind: 'deployment' },
      '/kind: There is no kind "deployment" in apps/v1. Did you mean Deployment?',
    ],
    [
      'a list without items',
      { apiVersion: 'apps/v1', kind: 'DeploymentList' },
      '/kind: Expected a DeploymentList with a list of items.',
    ],
    [
      'no namespace',
      { ...deployment(), metadata: { name: 'web' } },
      '/metadata/namespace: Expected a namespace',
    ],
    ['no name', { ...deployment(), metadata: { namespace: 'shop' } }, '/metadata/name: Expected a name'],
    [
      'a name that leaves no room',
      { ...deployment(), metadata: { ...metadata, name: 'x'.repeat(161) } },
      '/metadata/name: A policy name is made of it',
    ],
    [
      'a Job whose name is no label',
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { ...metadata, name: 'x'.repeat(64) },
        spec: { template },
      },
      '/metadata/name: The pods would have the label batch.kubernetes.io/job-name=xxx',
    ],
    ['no containers', deployment({ containers: [] }), `${POD}/containers: Expected at least 1 item.`],
    [
      'a job of nothing',
      { ...service([app()]), kind: 'LatticeJob', spec: {} },
      '/spec: A job needs a workload',
    ],
  ])('%s', (_, input, expected) => {
    const found = faults(input);
    expect(found).toHaveLength(1);
    expect(found[0]?.slice(0, expected.length)).toBe(expected);
  });

  test('two workloads of one name and kind', () => {
    const twin = JSON.stringify(deployment());
    expect(faults(`${twin}\n---\n${twin}`)).toEqual([
      '/metadata/name: The deployment shop/web is in the body twice.',
    ]);
  });

  test('pods without labels can be decided about, and selected by a label that they must be given', () => {
    const input = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata,
      spec: { jobTemplate: { spec: { template: { spec: template.spec } } } },
    };
    const read = workload(input);
    expect(selectorFaults([read]).map(({ path }) => toPointer(path))).toEqual([
      '/spec/jobTemplate/spec/template/metadata',
    ]);
    const { manifests, podLabels } = compiled(input);
    expect(podLabels).toEqual({ 'lattice.dev/cronjob': 'web' });
    expect(manifests.map(({ spec }) => spec.podSelector)).toEqual([{ matchLabels: podLabels }]);
    // A label's value has no room for it.
    expect(() => compiled({ ...input, metadata: { ...metadata, name: 'x'.repeat(64) } })).toThrow(RangeError);
  });
});

describe('what passes', () => {
  test('objects that are no workloads, one notice for each kind', () => {
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    expect(notices(map, deployment(), map, { apiVersion: 'v1', kind: 'Service' })).toEqual([
      'PassedThrough 0 2 objects of v1 ConfigMap: no workload, so there is nothing to authorize or enforce.',
      'PassedThrough 3 1 object of v1 Service: no workload, so there is nothing to authorize or enforce.',
    ]);
  });

  test('kinds by the thousand are told of by the hundred', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => ({ apiVersion: 'v1', kind: `K${index}` }));
    const told = notices(...many);
    expect(told).toHaveLength(101);
    expect(told.at(-1)).toMatch(
      /^PassedThrough 100 1 object of v1 K100: .* There are 2899 more like this\.$/,
    );
  });

  test('a workload of a kind we do not know is told of by itself', () => {
    const stack = { ...deployment(), apiVersion: 'example.org/v1', kind: 'Stack' };
    expect(notices(stack, deployment())).toEqual([
      `UnknownWorkload 0${POD}/containers This example.org/v1 Stack tells that it makes pods, but we do not know its kind: nothing in it is enforced, and it passes only as a whole, by a permit for unjudgedWorkload:example.org/Stack.`,
    ]);
  });

  test('the namespace of the request is for those who name none', () => {
    const parsed = parseDocuments(
      `${JSON.stringify({ ...deployment(), metadata: { name: 'a' } })}\n---\n${JSON.stringify(deployment())}`,
      'yaml',
    );
    if (!parsed.ok) throw new Error('not parsable');
    const read = readWorkloads(parsed.documents, { namespace: 'other' });
    expect(read.ok && read.workloads.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      'other/a',
      'shop/web',
    ]);
  });

  test('a selector that selects another workload’s pods too', () => {
    const both = workloads(
      [
        deployment(),
        { ...deployment({}, { labels: { app: 'web', tier: 'b' } }), metadata: { ...metadata, name: 'b' } },
        { ...deployment(), metadata: { namespace: 'else', name: 'web' } },
      ]
        .map((each) => JSON.stringify(each))
        .join('\n---\n'),
    );
    expect(
      selectorOverlaps(both).map(({ service, message }) => `${service} ${message.slice(0, 70)}`),
    ).toEqual([
      'shop/web The selector of this deployment also selects the pods of the deploymen',
      'shop/b The selector of this deployment also selects the pods of the deploymen',
    ]);
  });

  test('a selector that selects many is told of once', () => {
    const many = Array.from({ length: 6 }, (_, index) => ({
      ...deployment(),
      metadata: { ...metadata, name: `w${index}` },
    }));
    const overlaps = selectorOverlaps(workloads(many.map((each) => JSON.stringify(each)).join('\n---\n')));
    expect(overlaps).toHaveLength(6);
    expect(overlaps[0]?.message).toContain(
      'the deployment w1, the deployment w2, the deployment w3 and 2 more,',
    );
  });

  test('long names stay within the limits of messages and policy names', () => {
    const name = 'x'.repeat(160);
    const container = 'c'.repeat(63);
    const input = {
      ...running({
        name: container,
        command: ['/a'],
        securityContext: { runAsNonRoot: true, readOnlyRootFilesystem: true },
      }),
      metadata: { namespace: 'n'.repeat(63), name },
    };
    expect(compiled(input, { scope: 'container' }).manifests).toHaveLength(4);
    expect(compiled(input, { scope: 'container', layout: 'merged' }).manifests).toHaveLength(1);
  });
});

describe('manifests in the shape of public projects', () => {
  const seen = (name: string, namespace?: string): unknown => {
    const text = readFileSync(`test/fixtures/${name}.yaml`, 'utf8');
    const parsed = parseDocuments(text, 'yaml');
    if (!parsed.ok) throw new Error('not parsable');
    const read = readWorkloads(parsed.documents, { namespace });
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    return {
      workloads: read.workloads.map((each) => `${each.kind} ${each.namespace}/${each.name}`),
      overrides: read.workloads.flatMap((each) =>
        securityOverrides(each, { authorizeEntrypoints: false }).map(
          ({ container, id }) => `${container ?? 'pod'} ${id}`,
        ),
      ),
      notices: read.notices.map(({ code }) => code),
    };
  };
  test.each<[string, string | undefined]>([
    ['nginx', undefined],
    ['postgres', undefined],
    ['redis', undefined],
    ['node-exporter', undefined],
    ['cert-manager', 'cert-manager'],
    ['istio-sidecar', undefined],
    ['fluent-bit', undefined],
  ])('%s', (name, namespace) => {
    expect(seen(name, namespace)).toMatchSnapshot();
  });
});
