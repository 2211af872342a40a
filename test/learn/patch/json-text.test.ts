import { expect, test } from 'vitest';
import { jsonPatches } from '../../../src/learn/patch/json-patches.ts';
import { patchWorkloads } from '../../../src/learn/patch/patch-workloads.ts';
import { patchedBy } from '../../support/json-patch.ts';
import { type Lists, listsOf, propose } from '../../support/proposals.ts';

const LISTS: Lists = { app: ['/bin/app', '/bin/sh'] };

const POD = `{
  "apiVersion": "v1",
  "kind": "Pod",
  "metadata": {"name": "web"},
  "spec": {
    "containers": [{"name": "app"}, {"name": "side"}]
  }
}
`;

test.each<[string, string, string, string]>([
  [
    'a mapping on one line stays on it',
    POD,
    '{"name": "web"}',
    '{"name": "web", "annotations": {"runtime.lattice.dev/allowed-binaries.app": "/bin/app, /bin/sh"}}',
  ],
  [
    'a mapping with a line for each member gets another line',
    POD.replace('{"name": "web"}', '{\n    "name": "web"\n  }'),
    '{\n    "name": "web"\n  }',
    '{\n    "name": "web",\n    "annotations": {\n      "runtime.lattice.dev/allowed-binaries.app": "/bin/app, /bin/sh"\n    }\n  }',
  ],
  [
    'text without spaces stays so',
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"app"}]}}',
    '{"name":"web"}',
    '{"name":"web","annotations":{"runtime.lattice.dev/allowed-binaries.app":"/bin/app, /bin/sh"}}',
  ],
  [
    'an annotation for all is divided',
    POD.replace(
      '{"name": "web"}',
      '{"name": "web", "annotations": {"runtime.lattice.dev/allowed-binaries": "*"}}',
    ),
    '{"runtime.lattice.dev/allowed-binaries": "*"}',
    '{"runtime.lattice.dev/allowed-binaries.app": "/bin/app, /bin/sh", "runtime.lattice.dev/allowed-binaries.side": "*"}',
  ],
  [
    'null is no mapping yet',
    POD.replace('{"name": "web"}', '{"annotations": null, "name": "web"}'),
    'null',
    '{\n    "runtime.lattice.dev/allowed-binaries.app": "/bin/app, /bin/sh"\n  }',
  ],
])('%s', (_, before, part, patched) => {
  for (const lineBreak of ['\n', '\r\n']) {
    const text = before.replaceAll('\n', lineBreak);
    const { body, proposals } = propose(text, LISTS, 'json');
    const after = text.replace(part.replaceAll('\n', lineBreak), patched.replaceAll('\n', lineBreak));
    expect(patchWorkloads(body, proposals)).toEqual({ text: after, refused: [] });
  }
});

test('the list of a Lattice container, indented by tabs', () => {
  const before = `{
\t"apiVersion": "lattice.dev/v1alpha1", "kind": "LatticeService",
\t"metadata": {"name": "web", "namespace": "shop"},
\t"spec": {"workload": {"containers": {
\t\t"app": {
\t\t\t"image": "app:1",
\t\t\t"security": {}
\t\t},
\t\t"side": {"security": {"allowedBinaries": ["*"]}}
\t}}}
}`;
  const { body, proposals } = propose(before, { ...LISTS, side: ['/bin/side'] }, 'json');
  expect(patchWorkloads(body, proposals)).toEqual({
    refused: [],
    text: before
      .replace(
        '"security": {}',
        '"security": {\n\t\t\t\t"allowedBinaries": [\n\t\t\t\t\t"/bin/app",\n\t\t\t\t\t"/bin/sh"\n\t\t\t\t]\n\t\t\t}',
      )
      .replace('["*"]', '["/bin/side"]'),
  });
});

test('a JSON patch of each object that changes, with paths from the root of the object', () => {
  const text = `
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
  - {apiVersion: v1, kind: Pod, metadata: {name: one}, spec: {containers: [{name: app}]}}
---
apiVersion: v1
kind: Pod
metadata:
  name: two
  annotations:
    runtime.lattice.dev/allowed-binaries: "*"
    runtime.lattice.dev/allowed-binaries.app: /bin/x
spec: {containers: [{name: app}, {name: side}]}
---
apiVersion: lattice.dev/v1alpha1
kind: LatticeService
metadata: {name: three, namespace: shop}
spec: {workload: {containers: [{name: app, securityContext: {allowedBinaries: [/bin/sh, /bin/old]}}, {name: side}]}}
`;
  const { body, proposals } = propose(text, LISTS);
  const { patches, refused } = jsonPatches(body, proposals);
  expect(refused).toEqual([]);
  const at = '/metadata/annotations/runtime.lattice.dev~1allowed-binaries';
  expect(patches).toEqual([
    {
      document: 0,
      object: '/items/1',
      operations: [
        {
          op: 'add',
          path: '/metadata/annotations',
          value: { 'runtime.lattice.dev/allowed-binaries.app': '/bin/app, /bin/sh' },
        },
      ],
    },
    {
      document: 1,
      object: '',
      operations: [
        { op: 'remove', path: at },
        { op: 'replace', path: `${at}.app`, value: '/bin/app, /bin/sh' },
        { op: 'add', path: `${at}.side`, value: '*' },
      ],
    },
    {
      document: 2,
      object: '',
      operations: [
        {
          op: 'replace',
          path: '/spec/workload/containers/0/securityContext/allowedBinaries',
          value: ['/bin/app', '/bin/sh'],
        },
      ],
    },
  ]);
  const values = body.documents.map(({ value }) => value);
  const lists = listsOf(JSON.stringify(patchedBy(values[1], patches[1]?.operations ?? [])));
  expect(lists).toEqual({ 'two/app': ['/bin/app', '/bin/sh'], 'two/side': ['*'] });
});
