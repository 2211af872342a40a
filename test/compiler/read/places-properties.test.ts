import fc from 'fast-check';
import { expect, test } from 'vitest';
import { securityOverrides } from '../../../src/compiler/derive/overrides.ts';
import { readWorkloads } from '../../../src/compiler/index.ts';
import type { Workload } from '../../../src/compiler/model/workload.ts';
import { parseDocuments } from '../../../src/compiler/read/documents.ts';

/** What a body asks for, or undefined when it is refused. */
function asked(body: unknown): { readonly container: string | undefined; readonly id: string }[] | undefined {
  const parsed = parseDocuments(JSON.stringify(body), 'json');
  if (!parsed.ok) return undefined;
  const read = readWorkloads(parsed.documents);
  if (!read.ok) return undefined;
  return read.workloads.flatMap((workload: Workload) =>
    securityOverrides(workload, { authorizeEntrypoints: true }).map(({ container, id }) => ({
      container,
      id,
    })),
  );
}

const security = fc.record(
  {
    privileged: fc.boolean(),
    allowPrivilegeEscalation: fc.boolean(),
    runAsUser: fc.constantFrom(0, 1),
    runAsGroup: fc.constantFrom(0, 1),
    readOnlyRootFilesystem: fc.boolean(),
    capabilities: fc.record({ add: fc.subarray(['BPF', 'net_admin']), drop: fc.subarray(['ALL', 'chown']) }),
    seccompProfile: fc.record({ type: fc.constantFrom('Unconfined', 'RuntimeDefault') }),
  },
  { requiredKeys: [] },
);
const container = fc.record(
  { image: fc.constant('a:1'), command: fc.constantFrom(['/bin/a'], ['a']), securityContext: security },
  { requiredKeys: ['securityContext'] },
);

type Fields = Readonly<Record<string, unknown>>;
const metadata = { name: 'w', namespace: 'n', labels: { app: 'w' } };
const plain = { name: 'plain', image: 'p:1', command: ['/p'] };
const template = (spec: Fields) => ({ metadata: { labels: { app: 'w' } }, spec });
const kubernetes = (apiVersion: string, kind: string, spec: Fields) => ({ apiVersion, kind, metadata, spec });
const lattice = (kind: string, spec: Fields) => ({
  apiVersion: 'lattice.dev/v1alpha1',
  kind,
  metadata: { name: 'w', namespace: 'n' },
  spec,
});
const selector = { matchLabels: { app: 'w' } };

/** The places in pods that take a container. */
const IN_POD: readonly ((moved: Fields) => Fields)[] = [
  (moved) => ({ containers: [moved] }),
  (moved) => ({ containers: [plain, moved] }),
  (moved) => ({ containers: [plain], initContainers: [moved] }),
  (moved) => ({ containers: [plain], initContainers: [{ ...moved, restartPolicy: 'Always' }] }),
  (moved) => ({ containers: [plain], ephemeralContainers: [moved] }),
];
/** The places that take a pod. */
const OF_POD: readonly ((pod: Fields) => Fields)[] = [
  (pod) => kubernetes('v1', 'Pod', pod),
  (pod) => kubernetes('apps/v1', 'Deployment', { selector, template: template(pod) }),
  (pod) => kubernetes('apps/v1', 'StatefulSet', { selector, template: template(pod) }),
  (pod) => kubernetes('apps/v1', 'DaemonSet', { selector, template: template(pod) }),
  (pod) => kubernetes('apps/v1', 'ReplicaSet', { selector, template: template(pod) }),
  (pod) => kubernetes('v1', 'ReplicationController', { template: template(pod) }),
  (pod) => kubernetes('batch/v1', 'Job', { template: template(pod) }),
  (pod) => kubernetes('batch/v1', 'CronJob', { jobTemplate: { spec: { template: template(pod) } } }),
  (pod) => ({ apiVersion: 'v1', kind: 'PodTemplate', metadata, template: template(pod) }),
];
const named = (moved: Fields) => ({ moved: { ...moved, name: undefined } });
const own = { plain: { command: ['/p'] } };
/** The places of Lattice's kinds that take a container. */
const IN_LATTICE: readonly ((moved: Fields) => Fields)[] = [
  (moved) => lattice('LatticeService', { workload: { containers: named(moved) } }),
  (moved) => lattice('LatticeService', { workload: { containers: [moved] } }),
  (moved) => lattice('LatticeService', { workload: { containers: own, initContainers: named(moved) } }),
  (moved) =>
    lattice('LatticeService', { workload: { containers: own }, runtime: { sidecars: named(moved) } }),
  (moved) => lattice('LatticeJob', { workload: { containers: named(moved) } }),
  (moved) => lattice('LatticeJob', { tasks: { t: { workload: { containers: named(moved) } } } }),
  (moved) =>
    lattice('LatticeJob', { tasks: { t: { workload: { containers: own }, sidecars: named(moved) } } }),
  (moved) =>
    lattice('LatticeJob', {
      defaults: { workload: { containers: named(moved) } },
      tasks: { t: { workload: { containers: own } } },
    }),
  (moved) =>
    lattice('LatticeJob', {
      defaults: { sidecars: [moved] },
      tasks: { t: { workload: { containers: own } } },
    }),
  (moved) => lattice('LatticeModel', { roles: { r: { entryWorkload: { containers: named(moved) } } } }),
  (moved) =>
    lattice('LatticeModel', {
      roles: { r: { entryWorkload: { containers: own }, workerWorkload: { containers: named(moved) } } },
    }),
  (moved) =>
    lattice('LatticeModel', {
      defaults: { entryRuntime: { sidecars: named(moved) } },
      roles: { r: { entryWorkload: { containers: own } } },
    }),
];
/** The lists that a body may hold objects in. */
const IN_LIST: readonly ((object: Fields) => Fields)[] = [
  (object) => object,
  (object) => ({ apiVersion: 'v1', kind: 'List', items: [object] }),
  (object) => ({
    apiVersion: 'v1',
    kind: 'List',
    items: [{ apiVersion: 'v1', kind: 'List', items: [object] }],
  }),
  (object) => ({ apiVersion: 'example.org/v1', kind: 'WhateverList', items: [object] }),
];

const places = [
  ...OF_POD.flatMap((of) => IN_POD.map((within) => (moved: Fields) => of(within(moved)))),
  ...IN_LATTICE,
];

test('a container asks for the same wherever it is put', () => {
  fc.assert(
    fc.property(
      container,
      fc.constantFrom(...places),
      fc.constantFrom(...IN_LIST),
      (generated, place, list) => {
        const moved = { name: 'moved', ...generated };
        const ids = (body: unknown) =>
          asked(body)
            ?.filter((each) => each.container === 'moved')
            .map(({ id }) => id)
            // An ephemeral container asks for its place.
            .filter((id) => id !== 'ephemeralContainer')
            .sort();
        const expected = ids(kubernetes('v1', 'Pod', { containers: [moved] }));
        expect(expected).toBeDefined();
        expect(ids(list(place(moved)))).toEqual(expected);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('an object of whatever kind and shape never passes unasked with a privileged container in it', () => {
  const bad = { name: 'bad', image: 'bad:1', command: ['/bad'], securityContext: { privileged: true } };
  const key = fc.oneof(
    fc.constantFrom(
      ...'spec template podTemplate jobTemplate containers initContainers sidecars container steps data items workload runtime defaults tasks roles a b'.split(
        ' ',
      ),
    ),
    fc.string({ unit: fc.constantFrom(...'abcXYZ-./'), minLength: 1, maxLength: 6 }),
  );
  const subtree = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6, depthSize: 'large' },
      fc.constantFrom<unknown>(bad, [bad], { bad }, [{ name: 'good', image: 'g:1' }, bad]),
      fc
        .tuple(key, tie('tree'), fc.jsonValue({ maxDepth: 1 }))
        .map(([name, tree, other]) => ({ other, [name]: tree })),
      fc.tuple(tie('tree'), fc.jsonValue({ maxDepth: 1 })).map(([tree, other]) => [other, tree]),
    ),
  })).tree;
  const kind = fc.oneof(
    fc.constantFrom(
      ['example.org/v1', 'Thing'],
      ['v1', 'ConfigMap'],
      ['v1', 'ReplicationController'],
      ['apps/v1', 'ControllerRevision'],
      ['lattice.dev/v1alpha1', 'LatticeService'],
      ['lattice.dev/v1alpha1', 'LatticeJob'],
      ['lattice.dev/v1alpha1', 'LatticeModel'],
      ['cilium.io/v1alpha1', 'TracingPolicy'],
    ),
    fc.tuple(fc.constantFrom('a.io/v1', 'v1', 'apps/v1'), fc.stringMatching(/^[A-Z][A-Za-z]{0,8}$/)),
  );
  let judged = 0;
  fc.assert(
    fc.property(kind, key, subtree, ([apiVersion, name], root, tree) => {
      const body = { apiVersion, kind: name, metadata, [root]: tree };
      // What is refused cannot pass.
      const found = asked(body);
      if (found === undefined) return;
      judged += 1;
      expect(found.map(({ id }) => id)).toSatisfy((ids: string[]) =>
        ids.some((id) => id === 'privileged' || id.startsWith('unjudgedWorkload:')),
      );
    }),
    { numRuns: 5_000 },
  );
  expect(judged).toBeGreaterThan(1_000);
});
