import { expect, test } from 'vitest';
import { patchWorkloads } from '../../../src/learn/patch/patch-workloads.ts';
import { type Lists, listsOf, propose } from '../../support/proposals.ts';

const LISTS: Lists = { app: ['/bin/app', '/bin/sh'] };

/** A Job with this text as the beginning of its pod template. */
function job(template: string, spec = '{containers: [{name: app}, {name: side}]}'): string {
  return `apiVersion: batch/v1
kind: Job
metadata: {name: web}
spec:
  template:
${template}    spec: ${spec}
`;
}

const OWN = `runtime.lattice.dev/allowed-binaries.app: |-
          /bin/app
          /bin/sh
`;

test.each<[string, string, string]>([
  [
    'annotations that are there',
    `    metadata:
      labels: {app: web}
      annotations:
        # why
        example.org/a: b
`,
    `    metadata:
      labels: {app: web}
      annotations:
        # why
        example.org/a: b
        ${OWN}`,
  ],
  [
    'annotations that are absent',
    `    metadata:
      labels: {app: web}
`,
    `    metadata:
      labels: {app: web}
      annotations:
        ${OWN}`,
  ],
  [
    'empty annotations',
    `    metadata:
      annotations: {} # none
      labels: {app: web}
`,
    `    metadata:
      annotations: # none
        ${OWN}      labels: {app: web}
`,
  ],
  ['metadata that are absent', '', `    metadata:\n      annotations:\n        ${OWN}`],
  ['metadata that are null', '    metadata:\n', `    metadata:\n      annotations:\n        ${OWN}`],
  [
    'metadata in brackets',
    '    metadata: {labels: {app: web}}\n',
    `    metadata: {labels: {app: web}, annotations: {runtime.lattice.dev/allowed-binaries.app: "/bin/app, /bin/sh"}}\n`,
  ],
  [
    'an annotation of the container is written anew, and what stays keeps its order',
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries.app: "/bin/sh, /bin/old, /bin/app" # why
        example.org/a: b
`,
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries.app: |- # why
          /bin/sh
          /bin/app
        example.org/a: b
`,
  ],
  [
    'a literal is written anew',
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries.app: | # why
          /bin/old
          /bin/sh

        example.org/a: b
`,
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries.app: |- # why
          /bin/app
          /bin/sh

        example.org/a: b
`,
  ],
  [
    'an annotation for all that holds nothing else stays',
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries: /bin/app
`,
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries: /bin/app
        runtime.lattice.dev/allowed-binaries.app: /bin/sh
`,
  ],
  [
    'an annotation for all that holds more is divided',
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries: "*"
        example.org/a: b
`,
    `    metadata:
      annotations:
        example.org/a: b
        ${OWN}        runtime.lattice.dev/allowed-binaries.side: "*"
`,
  ],
  [
    'a divided annotation joins what a container has of its own',
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries: /bin/sh, /bin/x
        runtime.lattice.dev/allowed-binaries.side: /bin/side
`,
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries.side: |-
          /bin/sh
          /bin/x
          /bin/side
        ${OWN}`,
  ],
  [
    'an annotation of the container that adds nothing any more is removed',
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries: /bin/app, /bin/sh
        runtime.lattice.dev/allowed-binaries.app: /bin/old # gone
`,
    `    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries: /bin/app, /bin/sh
`,
  ],
  [
    'an alias of annotations becomes a merge key',
    `    metadata:
      labels: &both {app: web}
      annotations: *both
`,
    `    metadata:
      labels: &both {app: web}
      annotations:
        <<: *both
        ${OWN}`,
  ],
])('%s', (_, before, after) => {
  for (const lineBreak of ['\n', '\r\n']) {
    const text = job(before).replaceAll('\n', lineBreak);
    const { body, proposals } = propose(text, LISTS);
    const patched = patchWorkloads(body, proposals);
    expect(patched).toEqual({ text: job(after).replaceAll('\n', lineBreak), refused: [] });
    expect(new Set(listsOf(patched.text)['web/app'])).toEqual(new Set(LISTS.app));
    expect(listsOf(patched.text)['web/side']?.toSorted()).toEqual(listsOf(text)['web/side']?.toSorted());
  }
});

test('a list for all containers that comes from an alias cannot be divided', () => {
  const text = job(`    metadata:
      labels: {app: web}
      annotations: *all
`).replace(
    'metadata: {name: web}',
    'metadata: {name: web, annotations: &all {runtime.lattice.dev/allowed-binaries: "*"}}',
  );
  const { body, proposals } = propose(text, LISTS);
  expect(patchWorkloads(body, proposals)).toEqual({
    text,
    refused: [{ proposal: proposals[0], reason: expect.stringMatching(/YAML (alias|anchor)/) }],
  });
});

test('metadata of pods stand above the comments of what comes next', () => {
  const text = job('    # The containers.\n');
  const { body, proposals } = propose(text, { app: ['/bin/app'] });
  expect(patchWorkloads(body, proposals).text).toBe(
    job(`    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries.app: /bin/app
    # The containers.
`),
  );
});

test('a path that a list separated by line breaks cannot hold makes it a JSON array', () => {
  const list = ['/bin/a,b', '/bin/c '];
  const { body, proposals } = propose(job(''), { app: list });
  const { text } = patchWorkloads(body, proposals);
  expect(text).toContain(`        runtime.lattice.dev/allowed-binaries.app: |-
          [
            "/bin/a,b",
            "/bin/c "
          ]
`);
  expect(listsOf(text)['web/app']).toEqual(list);
});

test('a copy of an annotation on the workload itself stays equal', () => {
  const text = `apiVersion: batch/v1
kind: Job
metadata:
  name: web
  annotations:
    runtime.lattice.dev/allowed-binaries: "*"
    runtime.lattice.dev/allowed-binaries.app: /bin/x
spec:
  template:
    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries: "*"
        runtime.lattice.dev/allowed-binaries.app: /bin/x
    spec: {containers: [{name: app}]}
`;
  const { body, proposals } = propose(text, { app: ['/bin/app'] });
  expect(patchWorkloads(body, proposals)).toEqual({
    refused: [],
    text: text
      .replaceAll(/\n +runtime.lattice.dev\/allowed-binaries: "\*"/g, '')
      .replaceAll('/bin/x', '/bin/app'),
  });
});

test('the pods of every kind, in Lists and in several documents', () => {
  const text = `# first
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: one}
    spec: {containers: [{name: app}]}
  - apiVersion: batch/v1
    kind: CronJob
    metadata: {name: two}
    spec:
      jobTemplate:
        spec:
          template:
            spec: {containers: [{name: app}], initContainers: [{name: init}]}
--- # nothing
---
apiVersion: v1
kind: ConfigMap
metadata: {name: three}
---
apiVersion: v1
kind: PodTemplate
metadata: {name: four}
template:
  metadata: {generateName: four-}
  spec:
    containers: [{name: app}]
...
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: five-}
spec:
  template:
    spec:
      containers:
        - name: app`;
  const { body, proposals } = propose(text, { app: ['/bin/app'], init: ['/bin/init'] });
  const { text: patched, refused } = patchWorkloads(body, proposals);
  expect(refused).toEqual([]);
  expect(listsOf(patched)).toEqual({
    'one/app': ['/bin/app'],
    'two/app': ['/bin/app'],
    'two/init': ['/bin/init'],
    'four/app': ['/bin/app'],
    'five/app': ['/bin/app'],
  });
  expect(patched).toContain(`          template:
            metadata:
              annotations:
                runtime.lattice.dev/allowed-binaries.app: /bin/app
                runtime.lattice.dev/allowed-binaries.init: /bin/init
            spec: {containers`);
  expect(patched.endsWith('        - name: app')).toBe(true);
});

test('what no list is read of is refused: pods on Windows, and kinds that we do not know', () => {
  const text = `${job('', '{os: {name: windows}, containers: [{name: app}]}')}---
apiVersion: example.org/v1
kind: Stack
metadata: {name: roll}
spec: {template: {spec: {containers: [{name: app, image: "app:1"}]}}}
`;
  const { body, proposals } = propose(text, LISTS);
  const { text: patched, refused } = patchWorkloads(body, proposals);
  expect(patched).toBe(text);
  expect(refused.map(({ reason }) => reason)).toEqual([expect.stringContaining('Windows')]);
});

test('the lists of all containers together have a limit, which copies of a list for all must not pass', () => {
  const long = (letter: string, more = ''): string[] =>
    Array.from({ length: 256 }, (_, index) => `/${index}${more}`.padEnd(2047, letter));
  const general = long('g').map((path) => `          ${path}\n`);
  const text = job(`    metadata:
      annotations:
        runtime.lattice.dev/allowed-binaries: |
${general.join('')}`);
  const fits = propose(text, { app: long('a') });
  expect(patchWorkloads(fits.body, fits.proposals).refused).toEqual([]);
  const tooLong = propose(text, { app: long('a').with(0, `/0${'a'.repeat(2046)}`) });
  expect(patchWorkloads(tooLong.body, tooLong.proposals)).toEqual({
    text,
    refused: [
      {
        proposal: tooLong.proposals[0],
        reason: expect.stringContaining('would have more than 1048576 characters together'),
      },
    ],
  });
});

test('in a dump of a cluster, what a workload has made gets the same list, and stays one with it', () => {
  const text = `apiVersion: v1
kind: List
items:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: app, image: "app:1"}]}
  - apiVersion: apps/v1
    kind: ReplicaSet
    metadata:
      name: web-1
      namespace: shop
      ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, controller: true, uid: "1"}]
    spec:
      selector: {matchLabels: {app: web, pod-template-hash: "1"}}
      template:
        metadata: {labels: {app: web, pod-template-hash: "1"}}
        spec: {containers: [{name: app, image: "app:1"}]}
  - apiVersion: v1
    kind: Pod
    metadata:
      name: web-1-a
      namespace: shop
      labels: {app: web, pod-template-hash: "1"}
      ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, controller: true, uid: "2"}]
    spec: {containers: [{name: app, image: "app:1"}]}
`;
  const { body, proposals } = propose(text, { app: ['/bin/app'] });
  expect(proposals.map(({ workload }) => workload.kind)).toEqual(['deployment']);
  const patched = patchWorkloads(body, proposals);
  expect(patched.refused).toEqual([]);
  expect(patched.text.match(/allowed-binaries\.app: \/bin\/app/g)).toHaveLength(3);
  expect(listsOf(patched.text)).toEqual({ 'web/app': ['/bin/app'] });
});

test('each of several workloads of one object has its list in its own template', () => {
  const jobs = (annotations: string) => `apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata: {name: sim}
spec:
  replicatedJobs:
    - name: driver
      template:
        spec:
          template:
            spec: {containers: [{name: other, command: [/other]}]}
    - name: worker
      template:
        spec:
          template:
${annotations}            spec: {containers: [{name: app}]}
`;
  const { body, proposals } = propose(jobs(''), LISTS);
  const { text, refused } = patchWorkloads(body, proposals);
  expect(refused).toEqual([]);
  expect(text).toContain('runtime.lattice.dev/allowed-binaries.app');
  expect(listsOf(text)).toMatchObject({ 'sim-worker/app': ['/bin/app', '/bin/sh'] });
});
