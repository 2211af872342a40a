import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { readWorkloadObjects, readWorkloads } from '../../../src/compiler/index.ts';
import { toPointer } from '../../../src/compiler/model/pointer.ts';
import { parseDocuments } from '../../../src/compiler/read/documents.ts';
import { kubectlApplies } from '../../support/kubectl-lists.ts';

type Data = Readonly<Record<string, unknown>>;

/** What a body asks for, each as `<override> <pointer>`; a fault as `fault <pointer>`; `nothing` where it passes. */
function answer(body: unknown): string[] {
  const parsed = parseDocuments(JSON.stringify(body), 'json');
  if (!parsed.ok) return ['malformed'];
  const read = readWorkloads(parsed.documents);
  if (!read.ok) return [...new Set(read.faults.map(({ path }) => `fault ${toPointer(path)}`))];
  const asked = read.workloads.flatMap((workload) =>
    securityOverrides(workload, { authorizeEntrypoints: false }).map(
      ({ id, path }) => `${id} ${toPointer(path)}`,
    ),
  );
  return asked.length === 0 ? ['nothing'] : asked;
}

const metadata = { name: 'web', namespace: 'shop', labels: { app: 'web' } };
const container = {
  name: 'a',
  image: 'a:1',
  command: ['/bin/a'],
  securityContext: { privileged: true },
};
const spec = { containers: [container] };
const calm = { containers: [{ name: 'a', image: 'a:1', command: ['/bin/a'] }] };
const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
const calmPod = { ...pod, spec: calm };
const deploymentOf = (of: Data) => ({
  metadata,
  spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata, spec: of } },
});
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', ...deploymentOf(calm) };
const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' } };
const schema = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'a.example.org', namespace: 'shop' },
};
const policy = {
  apiVersion: 'cilium.io/v1alpha1',
  kind: 'TracingPolicyNamespaced',
  metadata: { name: 'allow-binaries-web--pod', namespace: 'shop' },
};
const list = (items: unknown, kind = 'List', apiVersion = 'v1') => ({ apiVersion, kind, items });

const privileged = (at: string) => [`privileged ${at}/containers/0/securityContext/privileged`];
const unjudged = (kind: string, at: string) => [`unjudgedWorkload:${kind} ${at}`];

/** A body, how many objects kubectl applies of it (or what it says), and what we answer. API servers unpack no list. */
type Row = readonly [form: string, body: unknown, kubectl: number | 'refused', ours: readonly string[]];

describe('what is a list for kubectl and for API servers, and what we answer', () => {
  test.each<Row>([
    // Lists by their kind: kubectl unpacks them, and so do we.
    ['a List', list([pod]), 1, privileged('/items/0/spec')],
    ['a List of two', list([settings, pod]), 2, privileged('/items/1/spec')],
    ['a List in a List', list([list([pod])]), 1, privileged('/items/0/items/0/spec')],
    ['three Lists deep', list([list([list([pod])])]), 1, privileged('/items/0/items/0/items/0/spec')],
    ['a List in the group of apps', list([pod], 'List', 'apps/v1'), 1, privileged('/items/0/spec')],
    ['a List of an unknown version', list([pod], 'List', 'v7'), 1, privileged('/items/0/spec')],
    ['a PodList', list([pod], 'PodList'), 1, privileged('/items/0/spec')],
    [
      'a PodList whose items name no kind',
      list([{ metadata, spec }], 'PodList'),
      1,
      privileged('/items/0/spec'),
    ],
    [
      'a PodList whose items name an empty kind',
      list([{ apiVersion: '', kind: '', metadata, spec }], 'PodList'),
      1,
      privileged('/items/0/spec'),
    ],
    [
      'a DeploymentList whose items name no kind',
      list([deploymentOf(spec)], 'DeploymentList', 'apps/v1'),
      1,
      privileged('/items/0/spec/template/spec'),
    ],
    [
      'a DeploymentList of Pods, which keep their kind',
      list([pod], 'DeploymentList', 'apps/v1'),
      1,
      privileged('/items/0/spec'),
    ],
    ['a ConfigMapList of Pods', list([pod], 'ConfigMapList'), 1, privileged('/items/0/spec')],
    [
      'a ConfigMapList whose items are shaped like pods and name no kind',
      list([{ metadata, spec }], 'ConfigMapList'),
      1,
      unjudged('core/ConfigMap', '/items/0/spec/containers'),
    ],
    [
      'a list of an unknown kind',
      list([pod], 'WidgetList', 'example.org/v1'),
      1,
      privileged('/items/0/spec'),
    ],
    [
      'a list of an unknown kind whose items name no kind',
      list([{ metadata, spec }], 'WidgetList', 'example.org/v1'),
      1,
      unjudged('example.org/Widget', '/items/0/spec/containers'),
    ],
    [
      // kubectl gives the kind of a list to the items of the outermost list alone, and refuses this item.
      'a PodList in a List whose items name no kind',
      list([list([{ metadata, spec }], 'PodList')]),
      0,
      privileged('/items/0/items/0/spec'),
    ],
    ['a List in a PodList', list([list([pod])], 'PodList'), 1, privileged('/items/0/items/0/spec')],
    ['a List of a harmless Pod', list([calmPod]), 1, ['nothing']],
    // A body of no objects at all is told of.
    ['an empty List', list([]), 0, ['fault ']],
    ['a List of null', list(null), 0, ['fault ']],
    ['a List of an empty List and an object', list([list([]), settings]), 1, ['nothing']],
    // Lists that kubectl refuses, or unpacks into what API servers refuse.
    ['a List without items', { apiVersion: 'v1', kind: 'List' }, 1, ['fault /kind']],
    ['a DeploymentList without items', { apiVersion: 'apps/v1', kind: 'DeploymentList' }, 1, ['fault /kind']],
    ['a List whose items are a mapping', list({ a: pod }), 'refused', ['fault /kind']],
    ['a List of a string', list(['a']), 'refused', ['fault /items/0']],
    ['a List of a list', list([[pod]]), 'refused', ['fault /items/0']],
    ['a List of null items', list([null]), 0, ['fault /items/0']],
    ['a List whose items name no kind', list([{ metadata, spec }]), 0, ['fault /items/0']],
    ['a List whose items name no apiVersion', list([{ kind: 'Pod', spec }]), 1, ['fault /items/0']],
    ['a List without an apiVersion', { kind: 'List', items: [pod] }, 1, privileged('/items/0/spec')],
    ['items without a kind', { apiVersion: 'v1', items: [pod] }, 'refused', ['fault ']],
    ['an empty kind', { ...list([pod]), kind: '' }, 'refused', ['fault ']],
    ['a ResourceList', list([pod], 'ResourceList', 'config.kubernetes.io/v1'), 1, ['fault /kind']],
    [
      'a ResourceList in a List',
      list([list([pod], 'ResourceList', 'config.kubernetes.io/v1')]),
      1,
      ['fault /items/0/kind'],
    ],
    [
      'a list with pods beside its items, which an API server would read if the kind were its own',
      { ...list([settings], 'WidgetList', 'example.org/v1'), spec: { template: { spec } } },
      1,
      ['fault /spec/template/spec/containers'],
    ],
    // No lists by their kind: API servers ignore the items, kubectl applies them, and so they are asked about.
    ['a ConfigMap with a Pod', { ...settings, items: [pod] }, 1, unjudged('core/ConfigMap', '/items/0')],
    [
      'a ConfigMap with a harmless Pod',
      { ...settings, items: [calmPod] },
      1,
      unjudged('core/ConfigMap', '/items/0'),
    ],
    [
      'a ConfigMap with a List of an object that holds a manifest as a text',
      {
        ...settings,
        items: [
          list([{ apiVersion: 'example.org/v1', kind: 'Widget', spec: { manifest: JSON.stringify(pod) } }]),
        ],
      },
      1,
      unjudged('core/ConfigMap', '/items/0/items/0/spec/manifest'),
    ],
    [
      'a ConfigMap with a Pod in a ConfigMap',
      { ...settings, items: [{ ...settings, items: [pod] }] },
      1,
      unjudged('core/ConfigMap', '/items/0/items/0'),
    ],
    [
      'a ConfigMap with a List',
      { ...settings, items: [list([pod])] },
      1,
      unjudged('core/ConfigMap', '/items/0/items/0'),
    ],
    [
      'a ConfigMap with an object of an unknown kind that has containers',
      { ...settings, items: [{ apiVersion: 'example.org/v1', kind: 'Widget', spec }] },
      1,
      unjudged('core/ConfigMap', '/items/0/spec/containers'),
    ],
    [
      'a kind in lower case, which kubectl maps to the same resource',
      { ...settings, kind: 'configmap', items: [pod] },
      1,
      unjudged('core/configmap', '/items/0'),
    ],
    [
      'a list kind in lower case, which kubectl does not know',
      { ...list([pod], 'list'), metadata },
      1,
      unjudged('core/list', '/items/0'),
    ],
    [
      'a CustomResourceDefinition, whatever its schema may hold',
      { ...schema, items: [pod] },
      1,
      unjudged('apiextensions.k8s.io/CustomResourceDefinition', '/items/0'),
    ],
    [
      'an object of an unknown kind',
      { apiVersion: 'example.org/v1', kind: 'Widget', metadata, items: [pod] },
      1,
      unjudged('example.org/Widget', '/items/0'),
    ],
    [
      'a list in a List that is none by its kind',
      list([{ ...settings, items: [pod] }]),
      1,
      unjudged('core/ConfigMap', '/items/0/items/0'),
    ],
    [
      // Of a current kubectl this is one object, the ConfigMap.
      'a key that old versions of kubectl read as items',
      { ...settings, Items: [pod] },
      1,
      unjudged('core/ConfigMap', '/Items/0'),
    ],
    ['a Deployment with a Pod', { ...deployment, items: [pod] }, 1, ['fault /items']],
    ['a Deployment with a harmless Pod', { ...deployment, items: [calmPod] }, 1, ['fault /items']],
    [
      'a Deployment with items of its own kind',
      { ...deployment, items: [deploymentOf(spec)] },
      1,
      ['fault /items'],
    ],
    ['a Pod with a Pod', { ...calmPod, items: [pod] }, 1, ['fault /items']],
    [
      'a LatticeService with a Pod',
      {
        apiVersion: 'lattice.dev/v1alpha1',
        kind: 'LatticeService',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { workload: { containers: { a: { command: ['/a'] } } } },
        items: [pod],
      },
      1,
      ['fault /items'],
    ],
    // Items that hold no workload are nothing.
    ['a ConfigMap with empty items', { ...settings, items: [] }, 0, ['nothing']],
    ['a ConfigMap with items that are null', { ...settings, items: null }, 0, ['nothing']],
    ['a ConfigMap with items of text', { ...settings, items: ['a', 'b'] }, 'refused', ['nothing']],
    [
      'a ConfigMap with items as a volume has them',
      { ...settings, items: [{ key: 'a', path: 'b' }] },
      1,
      ['nothing'],
    ],
    ['a ConfigMap with a ConfigMap', { ...settings, items: [settings] }, 1, ['nothing']],
    ['a Deployment with items of text', { ...deployment, items: ['a'] }, 'refused', ['nothing']],
    ['a Deployment with a ConfigMap', { ...deployment, items: [settings] }, 1, ['nothing']],
    [
      // kubectl takes no mapping for a list, so the pod of the mapping is asked about as in any unknown object.
      'a ConfigMap with a mapping of Pods',
      { ...settings, items: { a: pod } },
      'refused',
      unjudged('core/ConfigMap', '/items/a/spec/containers'),
    ],
    // A policy in items could replace one of ours.
    [
      'a ConfigMap with a policy of ours',
      { ...settings, items: [policy] },
      1,
      ['fault /items/0/metadata/name'],
    ],
    [
      'a Deployment with a policy of ours',
      { ...deployment, items: [policy] },
      1,
      ['fault /items/0/metadata/name'],
    ],
    ['a List with a policy of ours', list([policy]), 1, ['fault /items/0/metadata/name']],
  ])('%s', (_, body, kubectl, ours) => {
    const applied = kubectlApplies(body);
    expect(applied === 'refused' ? applied : applied.length).toBe(kubectl);
    expect(answer(body)).toEqual(ours);
  });
});

/** Objects around some others: lists, and what kubectl takes for one. */
const wrapped = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'large' },
    fc.constantFrom<unknown>(pod, calmPod, settings, { metadata, spec }, deployment, null, 'a'),
    fc.record(
      {
        apiVersion: fc.constantFrom('v1', 'apps/v1', 'example.org/v1', '', 'config.kubernetes.io/v1'),
        kind: fc.constantFrom(
          'List',
          'PodList',
          'ConfigMapList',
          'ConfigMap',
          'Pod',
          'Deployment',
          'Widget',
          'CustomResourceDefinition',
          'ResourceList',
          'list',
          '',
        ),
        metadata: fc.constant(metadata),
        items: fc.oneof(
          { weight: 6, arbitrary: fc.array(tie('tree'), { maxLength: 3 }) },
          { weight: 1, arbitrary: fc.constantFrom<unknown>(null, {}, 'a') },
        ),
      },
      { requiredKeys: ['items'] },
    ),
  ),
})).tree;

/** Whether an object has a privileged container where kubectl sends it. */
function isPrivileged(object: Data): boolean {
  return JSON.stringify(object).includes('"privileged":true');
}

test('whatever privileged Pod kubectl makes of a body, nothing passes unasked', () => {
  let applied = 0;
  fc.assert(
    fc.property(wrapped, (body) => {
      const objects = kubectlApplies(body);
      if (objects === 'refused' || !objects.some(isPrivileged)) return;
      applied += 1;
      expect(answer(body)).not.toEqual(['nothing']);
    }),
    { numRuns: 5_000 },
  );
  expect(applied).toBeGreaterThan(200);
});

test('a List and a typed list are the objects that kubectl makes of them', () => {
  const calm = (kind: string) => ({ ...settings, kind });
  const tree = fc.letrec<{ tree: Data }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: 'large' },
      fc.constantFrom<Data>(calm('ConfigMap'), calm('Service'), calm('Secret')),
      fc
        .tuple(fc.constantFrom('List', 'PodList'), fc.array(tie('tree'), { minLength: 1, maxLength: 3 }))
        .map(([kind, items]) => list(items, kind)),
    ),
  })).tree;
  fc.assert(
    fc.property(tree, (body) => {
      const objects = kubectlApplies(body);
      const read = readWorkloadObjects([{ value: body, source: { document: 0, path: [] } }]);
      const passed = read.ok ? read.notices.map(({ message }) => Number.parseInt(message, 10)) : [];
      expect(passed.reduce((sum, count) => sum + count, 0)).toBe(
        objects === 'refused' ? undefined : objects.length,
      );
    }),
    { numRuns: 500 },
  );
});
