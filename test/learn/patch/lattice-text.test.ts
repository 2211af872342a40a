import { expect, test } from 'vitest';
import { patchWorkloads } from '../../../src/learn/patch/patch-workloads.ts';
import { type Lists, listsOf, propose } from '../../support/proposals.ts';

const HEAD = `apiVersion: lattice.dev/v1alpha1
kind: LatticeService
metadata: {name: web, namespace: shop}
spec:
  workload:
    containers:
`;

/** A list for the container `app`. */
const APP: Lists = { app: ['/bin/app', '/bin/sh'] };

test.each<[string, string, string]>([
  [
    'a container without a security context gets one, in the spelling of its form',
    `      - name: app # the app
        image: app:1
        # after the image
`,
    `      - name: app # the app
        image: app:1
        securityContext:
          allowedBinaries:
            - /bin/app
            - /bin/sh
        # after the image
`,
  ],
  [
    'a container in a map',
    `      app:
        image: app:1
`,
    `      app:
        image: app:1
        security:
          allowedBinaries:
            - /bin/app
            - /bin/sh
`,
  ],
  [
    'the spelling that a container has is kept',
    `      app: {image: app:1, securityContext: {runAsNonRoot: true}} # one line
`,
    `      app: {image: app:1, securityContext: {runAsNonRoot: true, allowedBinaries: [/bin/app, /bin/sh]}} # one line
`,
  ],
  [
    'an empty security context',
    `      - name: app
        security: {}   # nothing yet
        image: app:1
`,
    `      - name: app
        security:   # nothing yet
          allowedBinaries:
            - /bin/app
            - /bin/sh
        image: app:1
`,
  ],
  [
    'a security context that is null',
    `      - name: app
        securityContext:
        image: app:1
`,
    `      - name: app
        securityContext:
          allowedBinaries:
            - /bin/app
            - /bin/sh
        image: app:1
`,
  ],
  [
    'a security context that says null',
    `      - name: app
        securityContext: ~ # none
        image: app:1
`,
    `      - name: app
        securityContext: # none
          allowedBinaries:
            - /bin/app
            - /bin/sh
        image: app:1
`,
  ],
  [
    'lists that are not indented stay so',
    `    - name: app
      image: app:1
      command:
      - /bin/app
`,
    `    - name: app
      image: app:1
      command:
      - /bin/app
      securityContext:
        allowedBinaries:
        - /bin/app
        - /bin/sh
`,
  ],
  [
    'what stays in a list keeps its comment and its quotes',
    `      - name: app
        securityContext:
          allowedBinaries:
            # what it is
            - "/bin/app" # itself
            - /bin/old # gone
            # the end
          runAsNonRoot: true
`,
    `      - name: app
        securityContext:
          allowedBinaries:
            # what it is
            - "/bin/app" # itself
            - /bin/sh
            # the end
          runAsNonRoot: true
`,
  ],
  [
    'a wildcard in brackets',
    `      - name: app
        securityContext:
          allowedBinaries: ["*"] # for now
`,
    `      - name: app
        securityContext:
          allowedBinaries: ["/bin/app", "/bin/sh"] # for now
`,
  ],
  [
    'an alias of a security context becomes a merge key',
    `      - name: one
        securityContext: &hard
          runAsNonRoot: true
      - name: app
        securityContext: *hard # the same
`,
    `      - name: one
        securityContext: &hard
          runAsNonRoot: true
      - name: app
        securityContext: # the same
          <<: *hard
          allowedBinaries:
            - /bin/app
            - /bin/sh
`,
  ],
  [
    'an alias in brackets',
    `      one: {security: &hard {runAsNonRoot: true}}
      app: {security: *hard}
`,
    `      one: {security: &hard {runAsNonRoot: true}}
      app: {security: {<<: *hard, allowedBinaries: [/bin/app, /bin/sh]}}
`,
  ],
  [
    'an alias of a list is replaced, and the list stays',
    `      - name: one
        securityContext:
          allowedBinaries: &list [/bin/one]
      - name: app
        securityContext:
          allowedBinaries: *list
`,
    `      - name: one
        securityContext:
          allowedBinaries: &list [/bin/one]
      - name: app
        securityContext:
          allowedBinaries:
            - /bin/app
            - /bin/sh
`,
  ],
  [
    'a mapping with a merge key',
    `      - name: one
        securityContext: &hard
          runAsNonRoot: true
      - name: app
        securityContext:
          <<: *hard
          privileged: false
`,
    `      - name: one
        securityContext: &hard
          runAsNonRoot: true
      - name: app
        securityContext:
          <<: *hard
          privileged: false
          allowedBinaries:
            - /bin/app
            - /bin/sh
`,
  ],
  [
    'JSON within YAML',
    `      - {
          "name": "app",
          "image": "app:1" # quoted
        }
`,
    `      - {
          "name": "app",
          "image": "app:1", # quoted
          "securityContext": {
            "allowedBinaries": [
              "/bin/app",
              "/bin/sh"
            ]
          }
        }
`,
  ],
  [
    'a value that stands below its key stays there',
    `      - name: app
        securityContext:
          {} # below
`,
    `      - name: app
        securityContext:
          {allowedBinaries: [/bin/app, /bin/sh]} # below
`,
  ],
  [
    'an empty mapping with a comment in it',
    `      - name: app
        securityContext: { # none yet
        }
`,
    `      - name: app
        securityContext: { # none yet
          allowedBinaries: [/bin/app, /bin/sh]
        }
`,
  ],
  [
    'a list whose order is not that of the new one keeps it',
    `      - name: app
        securityContext:
          allowedBinaries:
            - /bin/sh
            - /bin/old
            - /bin/app
`,
    `      - name: app
        securityContext:
          allowedBinaries:
            - /bin/sh
            - /bin/app
`,
  ],
  [
    'null in brackets',
    `      - {name: app, securityContext: null}
`,
    `      - {name: app, securityContext: {allowedBinaries: [/bin/app, /bin/sh]}}
`,
  ],
  [
    'a block scalar before',
    `      - name: app
        env:
          SCRIPT: |
            one
              two


      - name: other
`,
    `      - name: app
        env:
          SCRIPT: |
            one
              two
        securityContext:
          allowedBinaries:
            - /bin/app
            - /bin/sh


      - name: other
`,
  ],
])('%s', (_, before, after) => {
  for (const lineBreak of ['\n', '\r\n']) {
    const text = `${HEAD}${before}`.replaceAll('\n', lineBreak);
    const { body, proposals } = propose(text, APP);
    expect(patchWorkloads(body, proposals)).toEqual({
      text: `${HEAD}${after}`.replaceAll('\n', lineBreak),
      refused: [],
    });
  }
});

test('a text without a line break at its end gets none', () => {
  const { body, proposals } = propose(`${HEAD}      - name: app\n        image: app:1`, APP);
  const { text } = patchWorkloads(body, proposals);
  expect(text).toBe(
    `${HEAD}      - name: app\n        image: app:1\n        securityContext:\n          allowedBinaries:\n            - /bin/app\n            - /bin/sh`,
  );
});

const JOB = `apiVersion: lattice.dev/v1alpha1
kind: LatticeJob
metadata: {name: train, namespace: ml}
spec:
  defaults:
    workload:
      containers:
        main: {image: train:1, security: {allowedBinaries: [/bin/a], runAsNonRoot: true}}
        side: {image: side:1}
  tasks:
    one:
      replicas: 1
    two:
      workload:
        containers:
          - name: side
            image: other:1
    three:
      workload:
        containers:
          main: {image: train:2}
`;

test('a container that comes from defaults gets its list in its own task', () => {
  const lists = {
    'train-one/main': ['/bin/x'],
    'train-two/main': ['/bin/y'],
    'train-two/side': ['/bin/z'],
    'train-three/main': ['/bin/v'],
  };
  const { body, proposals } = propose(JOB, lists);
  const { text, refused } = patchWorkloads(body, proposals);
  expect(refused).toEqual([]);
  expect(text.slice(JOB.indexOf('  tasks:'))).toBe(`  tasks:
    one:
      replicas: 1
      workload:
        containers:
          main:
            security:
              allowedBinaries:
                - /bin/x
    two:
      workload:
        containers:
          - name: side
            image: other:1
            securityContext:
              allowedBinaries:
                - /bin/z
          - name: main
            securityContext:
              allowedBinaries:
                - /bin/y
    three:
      workload:
        containers:
          main: {image: train:2, security: {allowedBinaries: [/bin/v]}}
`);
  expect(listsOf(text)).toEqual({ ...listsOf(JOB), ...lists });
});

const MODEL = `apiVersion: lattice.dev/v1alpha1
kind: LatticeModel
metadata: {name: llama, namespace: ml}
spec:
  roles:
    decode:
      entryWorkload: {containers: {main: {image: vllm:1}}}
      entryRuntime: {sidecars: {proxy: {image: proxy:1}}}
      workerWorkload: {containers: {main: {image: vllm:1}}}
`;

test('the entry and the workers of a role each have their own containers', () => {
  const lists = { 'llama-decode/main': ['/bin/entry'], 'llama-decode-worker/main': ['/bin/worker'] };
  const { body, proposals } = propose(MODEL, lists);
  expect(listsOf(patchWorkloads(body, proposals).text)).toMatchObject(lists);
});

test('what a role has from defaults is written into the role, for the entry and for the workers', () => {
  const text = `apiVersion: lattice.dev/v1alpha1
kind: LatticeModel
metadata: {name: llama, namespace: ml}
spec:
  defaults:
    entryWorkload: {containers: {main: {image: vllm:1, security: {runAsNonRoot: true}}}}
    entryRuntime: {sidecars: {proxy: {image: proxy:1}}}
    workerWorkload: {containers: [{name: main, image: vllm:1}]}
  roles:
    decode:
      replicas: 2
    decode-fast: {}
`;
  const lists = {
    'llama-decode/main': ['/bin/entry'],
    'llama-decode-worker/main': ['/bin/worker'],
    'llama-decode-fast-worker/main': ['/bin/fast'],
  };
  const { body, proposals } = propose(text, lists);
  const patched = patchWorkloads(body, proposals);
  expect(patched.refused).toEqual([]);
  expect(listsOf(patched.text)).toEqual({ ...listsOf(text), ...lists });
  expect(patched.text.slice(patched.text.indexOf('  roles:'))).toBe(`  roles:
    decode:
      replicas: 2
      entryWorkload:
        containers:
          main:
            security:
              allowedBinaries:
                - /bin/entry
      workerWorkload:
        containers:
          main:
            security:
              allowedBinaries:
                - /bin/worker
    decode-fast:
      workerWorkload:
        containers:
          main:
            security:
              allowedBinaries:
                - /bin/fast
`);
});

test('a sidecar that comes from defaults gets its list there, if all that have it get the same', () => {
  const text = `apiVersion: lattice.dev/v1alpha1
kind: LatticeJob
metadata: {name: train, namespace: ml}
spec:
  defaults:
    sidecars: {proxy: {image: proxy:1, security: {runAsNonRoot: true}}}
  tasks:
    one: {workload: {containers: {main: {image: train:1}}}}
    two: {workload: {containers: {main: {image: train:1}}}}
`;
  const all = propose(text, { proxy: ['/bin/proxy'] });
  const patched = patchWorkloads(all.body, all.proposals);
  expect(patched.refused).toEqual([]);
  expect(patched.text).toBe(
    text.replace('runAsNonRoot: true}', 'runAsNonRoot: true, allowedBinaries: [/bin/proxy]}'),
  );
  const one = propose(text, { 'train-one/proxy': ['/bin/proxy'] });
  expect(patchWorkloads(one.body, one.proposals)).toEqual({
    text,
    refused: [{ proposal: one.proposals[0], reason: expect.stringContaining('the workload ml/train-two') }],
  });
});

test('a sidecar of the entry is that of the workers too, so that both must get the same list', () => {
  const both = propose(MODEL, { proxy: ['/bin/proxy'] });
  const patched = patchWorkloads(both.body, both.proposals);
  expect(patched.refused).toEqual([]);
  expect(patched.text).toContain('proxy: {image: proxy:1, security: {allowedBinaries: [/bin/proxy]}}');
  const one = propose(MODEL, { 'llama-decode/proxy': ['/bin/proxy'] });
  expect(patchWorkloads(one.body, one.proposals)).toEqual({
    text: MODEL,
    refused: [
      { proposal: one.proposals[0], reason: expect.stringContaining('the workload ml/llama-decode-worker') },
    ],
  });
});

test.each<[string, string, string]>([
  [
    'an anchor that other places use',
    `      - name: app
        securityContext: &hard
          runAsNonRoot: true
      - name: one
        securityContext: *hard
`,
    '/spec/workload/containers/0/securityContext has the YAML anchor &hard',
  ],
  [
    'what a merge key brings',
    `      one: &base
        securityContext:
          runAsNonRoot: true
      app:
        <<: *base
        image: app:1
`,
    '/spec/workload/containers/app/securityContext comes from a YAML alias',
  ],
  [
    'a list that holds an anchor which other places use',
    `      - name: app
        securityContext:
          allowedBinaries: [&old /bin/old]
        args: [*old]
`,
    '/spec/workload/containers/0/securityContext/allowedBinaries has the YAML anchor &old',
  ],
  [
    'a null with a tag',
    `      - name: app
        securityContext: !!null null
`,
    '/spec/workload/containers/0/securityContext has the YAML tag tag:yaml.org,2002:null',
  ],
  [
    'a key without a colon',
    `      - {name: app, securityContext}
`,
    '/spec/workload/containers/0/securityContext has no colon',
  ],
  [
    'a list in brackets with comments',
    `      - name: app
        securityContext:
          allowedBinaries: [
            /bin/app, # why
          ]
`,
    'has comments between brackets',
  ],
])('a list is refused rather than written wrongly: %s', (_, text, reason) => {
  const { body, proposals } = propose(`${HEAD}${text}`, { app: ['/bin/app', '/bin/new'] });
  const patched = patchWorkloads(body, proposals);
  expect(patched.text).toBe(body.text);
  expect(patched.refused.map((each) => each.reason)).toEqual([expect.stringContaining(reason)]);
});

test.each([
  ['an empty list', [], 'The proposed list is empty'],
  ['a wildcard', ['*'], 'is not absolute'],
  ['a path that is not canonical', ['/bin/../sh'], 'holds a . or .. segment'],
  ['too many binaries', Array.from({ length: 1001 }, (__, index) => `/bin/${index}`), 'at most 1000'],
])('%s is refused', (_, list, reason) => {
  const { body, proposals } = propose(`${HEAD}      - name: app\n`, { app: list });
  const patched = patchWorkloads(body, proposals);
  expect(patched).toEqual({
    text: body.text,
    refused: [{ proposal: proposals[0], reason: expect.stringContaining(reason) }],
  });
});

test('the longest list is taken', () => {
  const list = Array.from({ length: 1000 }, (_, index) => `/bin/${index}`);
  const { body, proposals } = propose(`${HEAD}      - name: app\n`, { app: list });
  expect(listsOf(patchWorkloads(body, proposals).text)).toEqual({ 'web/app': list });
});
