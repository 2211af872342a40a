import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../../src/compiler/derive/overrides.ts';
import { readWorkloadObjects } from '../../../../src/compiler/index.ts';
import { LIMITS } from '../../../../src/compiler/model/limits.ts';
import { toPointer } from '../../../../src/compiler/model/pointer.ts';
import { parseDocuments } from '../../../../src/compiler/read/documents.ts';

/** What is read of objects, in words: a line for each workload with its overrides, for each fault and each notice. */
function read(...objects: readonly unknown[]): string[] {
  const read = readWorkloadObjects(
    objects.map((value, document) => ({ value, source: { document, path: [] } })),
    { namespace: 'shop' },
  );
  if (!read.ok) return read.faults.map(({ path, message }) => `${toPointer(path)}: ${message}`);
  return [
    ...read.workloads.map((workload) => {
      const asked = securityOverrides(workload, { authorizeEntrypoints: false });
      return [
        `${workload.kind} ${workload.name}`,
        ...asked.map(({ id, path }) => `${id} ${toPointer(path)}`),
      ].join();
    }),
    ...read.notices.map(({ code, path }) => `${code} ${toPointer(path)}`),
  ];
}

/** An object of a fixture. */
function fixture(name: string): unknown {
  const parsed = parseDocuments(readFileSync(`test/fixtures/kinds/${name}.yaml`, 'utf8'), 'yaml');
  if (!parsed.ok) throw new Error(`${name} is not YAML`);
  return parsed.documents[0]?.value;
}

const container = { name: 'web', image: 'web:1', command: ['/web'], securityContext: { privileged: true } };
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
const selector = { matchLabels: { app: 'web' } };
const rollout = (spec: unknown, more: object = {}) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web' },
  spec,
  ...more,
});

describe('an object of a kind of the table', () => {
  test('is a workload like a Deployment', () => {
    expect(read(fixture('rollout'))).toEqual(['rollout.argoproj.io checkout']);
    expect(read(rollout({ selector, template }))).toEqual([
      'rollout.argoproj.io web,privileged /spec/template/spec/containers/0/securityContext/privileged',
    ]);
  });

  test('that describes no pods itself is told of', () => {
    expect(
      read(rollout({ workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } })),
    ).toEqual(['NoPodsOfItsOwn ']);
  });

  test.each<[string, unknown, string]>([
    ['no selector', rollout({ template }), '/spec/selector: A selector is missing.'],
    [
      'a selector of other pods',
      rollout({ selector: { matchLabels: { app: 'x' } }, template }),
      '/spec/selector: The',
    ],
    [
      'no containers',
      rollout({ selector, template: { spec: {} } }),
      '/spec/template/spec/containers: This is missing',
    ],
    ['a list for a mapping', rollout([{ template }]), '/spec: Expected a mapping.'],
    [
      'containers elsewhere',
      rollout({ selector, template, pods: [{ containers: [container] }] }),
      '/spec/pods/0/containers: This looks',
    ],
    [
      'containers and no template',
      rollout({ tempalte: template }),
      '/spec/tempalte/spec/containers: This looks',
    ],
    [
      'containers within a pod',
      rollout({
        selector,
        template: { ...template, spec: { containers: [container], more: { containers: [container] } } },
      }),
      '/spec/template/spec/more/containers: This looks',
    ],
    [
      'a security context of nothing',
      rollout({ selector, template, securityContext: { runAsNonRoot: true } }),
      '/spec/securityContext: The field "securityContext" is not read here',
    ],
    [
      'a version that is not known',
      { ...rollout({ selector, template }), apiVersion: 'argoproj.io/v9' },
      'unjudged',
    ],
  ])('is refused with %s', (_, object, expected) => {
    expect(read(object).join('\n')).toContain(expected);
  });
});

describe('what the controller of such a kind has made', () => {
  const owner = (apiVersion: string, kind: string, name: string) => ({
    ownerReferences: [{ apiVersion, kind, name, controller: true }],
  });
  const hash = { app: 'web', 'rollouts-pod-template-hash': '6f' };
  const replicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web-6f', ...owner('argoproj.io/v1alpha1', 'Rollout', 'web') },
    spec: {
      selector: { matchLabels: hash },
      template: { metadata: { labels: hash }, spec: { containers: [container] } },
    },
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-6f-x', labels: hash, ...owner('apps/v1', 'ReplicaSet', 'web-6f') },
    spec: { containers: [container] },
  };

  test('is judged with it, as a ReplicaSet of a Deployment is', () => {
    const judged = [
      'rollout.argoproj.io web,privileged /spec/template/spec/containers/0/securityContext/privileged',
    ];
    const made = (count: number) => Array.from({ length: count }, () => 'OwnedByJudged ');
    const own = rollout({ selector, template });
    expect(read(own, replicaSet, pod)).toEqual([...judged, ...made(2)]);
    expect(read(own, pod)).toEqual([...judged, ...made(1)]);
  });

  test('is judged by itself where the owner is of another group, or has other containers', () => {
    const stranger = {
      ...replicaSet,
      metadata: { name: 'web-6f', ...owner('example.org/v1', 'Rollout', 'web') },
    };
    expect(read(rollout({ selector, template }), stranger)).toHaveLength(2);
    const harmless = { ...template, spec: { containers: [{ ...container, securityContext: {} }] } };
    expect(read(rollout({ selector, template: harmless }), replicaSet)).toHaveLength(2);
  });

  test('is judged with the one of several workloads that has its pods', () => {
    const job = (name: string) => ({
      name,
      template: { spec: { template: { spec: { containers: [container] } } } },
    });
    const jobSet = {
      apiVersion: 'jobset.x-k8s.io/v1alpha2',
      kind: 'JobSet',
      metadata: { name: 'web' },
      spec: { replicatedJobs: [job('a'), job('b')] },
    };
    const labels = {
      'jobset.sigs.k8s.io/jobset-name': 'web',
      'jobset.sigs.k8s.io/replicatedjob-name': 'b',
    };
    const made = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'web-b-0', ...owner('jobset.x-k8s.io/v1alpha2', 'JobSet', 'web') },
      spec: { template: { metadata: { labels }, spec: { containers: [container] } } },
    };
    expect(read(jobSet, made).slice(2)).toEqual(['OwnedByJudged ']);
  });
});

describe('several workloads of one object', () => {
  const jobs = (...names: readonly unknown[]) => ({
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata: { name: 'sim' },
    spec: {
      replicatedJobs: names.map((name) => ({
        name,
        template: { spec: { template: { spec: { containers: [{ name: 'a', command: ['/a'] }] } } } },
      })),
    },
  });
  const KIND = 'jobset.jobset.x-k8s.io';

  test('have names of their own, in lower case', () => {
    expect(read(jobs('driver', 'Worker'))).toEqual([`${KIND} sim-driver`, `${KIND} sim-worker`]);
  });

  test.each<[string, unknown[], string]>([
    ['of one name', ['a', 'a'], '/metadata/name: The jobset.jobset.x-k8s.io shop/sim-a is in the body twice'],
    ['whose names differ in case alone', ['a', 'A'], 'shop/sim-a is in the body twice'],
    ['without a name', [undefined], '/spec/replicatedJobs/0/template/spec/template: Expected a name here'],
    ['of a name that is no label', ['a_b'], 'The workload is named sim-a_b.'],
    ['of a name that is too long', ['x'.repeat(200)], 'The workload is named sim-xxx'],
    ['of a name that is no text', [[1]], 'Expected a name here'],
  ])('are refused: %s', (_, names, expected) => {
    expect(read(jobs(...names)).join('\n')).toContain(expected);
  });

  test('of two objects are refused where their names meet', () => {
    const other = { ...jobs('c'), metadata: { name: 'sim-b' } };
    expect(read(jobs('b-c'), other).join()).toContain('shop/sim-b-c is in the body twice');
  });

  test('are as many as one request may have, and no more', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `j${index}`);
    expect(read(jobs(...many(LIMITS.services)))).toHaveLength(LIMITS.services);
    expect(read(jobs(...many(LIMITS.services + 1)))).toEqual([
      `/spec: At most ${LIMITS.services} services are taken at once; there are ${LIMITS.services + 1}.`,
    ]);
  });
});

describe('what selects the pods', () => {
  const selectors = (object: unknown) => {
    const read = readWorkloadObjects([{ value: object, source: { document: 0, path: [] } }], {
      namespace: 'shop',
    });
    return read.ok ? read.workloads.map(({ podSelector }) => podSelector?.matchLabels) : read.faults;
  };
  const ray = (kind: string, spec: object, metadata: object = { name: 'r' }) => ({
    apiVersion: 'ray.io/v1',
    kind,
    metadata,
    spec,
  });
  const cluster = (labels?: object) => ({
    workerGroupSpecs: [
      { groupName: 'gpu', template: { metadata: { labels }, spec: { containers: [container] } } },
    ],
  });
  const group = { 'ray.io/node-type': 'worker', 'ray.io/group': 'gpu' };

  test.each<[string, unknown, unknown]>([
    [
      'the labels that the controller sets',
      ray('RayCluster', cluster()),
      { 'ray.io/cluster': 'r', ...group },
    ],
    [
      'those of the template where the cluster makes the name',
      ray('RayCluster', cluster({ app: 'r' }), { generateName: 'r-' }),
      { app: 'r', ...group },
    ],
    ['nothing where there are none', ray('RayCluster', cluster(), { generateName: 'r-' }), undefined],
    [
      'those of the template where the controller makes the name',
      ray('RayService', { rayClusterConfig: cluster({ app: 'r' }) }),
      { app: 'r', ...group },
    ],
    ['no labels of a group alone', ray('RayService', { rayClusterConfig: cluster() }), undefined],
  ])('%s', (_, object, expected) => {
    expect(selectors(object)).toEqual([expected]);
  });

  test('a name that is no label is refused', () => {
    const long = ray('RayCluster', cluster(), { name: 'x'.repeat(64) });
    expect(read(long).join()).toContain('/metadata/name: The pods would have the label ray.io/cluster=xxx');
  });
});

test('the container of an autoscaler is read where its options stand', () => {
  const options = { securityContext: { privileged: true }, command: ['/a'] };
  const object = {
    apiVersion: 'ray.io/v1',
    kind: 'RayCluster',
    metadata: { name: 'r' },
    spec: {
      autoscalerOptions: options,
      headGroupSpec: { template: { spec: { containers: [{ name: 'head', command: ['/h'] }] } } },
    },
  };
  expect(read(object).join()).toContain('privileged /spec/autoscalerOptions/securityContext/privileged');
});

test('containers without a name get that of the kind', () => {
  const service = (...names: readonly (string | undefined)[]) => ({
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { template: { spec: { containers: names.map((name) => ({ name, command: ['/a'] })) } } },
  });
  const namesOf = (object: unknown) => {
    const read = readWorkloadObjects([{ value: object, source: { document: 0, path: [] } }], {
      namespace: 'n',
    });
    return read.ok ? read.workloads[0]?.containers.map(({ name }) => name) : read.faults;
  };
  expect(namesOf(service(undefined))).toEqual(['user-container']);
  expect(namesOf(service(undefined, 'user-container-0', undefined))).toEqual([
    'user-container-1',
    'user-container-0',
    'user-container-2',
  ]);
});
