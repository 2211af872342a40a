import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import apiServer from '../../../examples/api-server.yaml?raw';
import certManager from '../../fixtures/cert-manager.yaml?raw';
import istio from '../../fixtures/istio-sidecar.yaml?raw';
import nginx from '../../fixtures/nginx.yaml?raw';
import nodeExporter from '../../fixtures/node-exporter.yaml?raw';
import postgres from '../../fixtures/postgres.yaml?raw';
import redis from '../../fixtures/redis.yaml?raw';
import { checkManifests } from '../../support/manifests.ts';
import { postJson, postYaml, problem, publish, send, yamlText } from '../../support/worker.ts';

beforeAll(async () => {
  await publish('permit (principal, action, resource);', 'krm');
  await publish('permit (principal, action, resource) when { resource.category == "binary" };');
});

const List = z.strictObject({
  apiVersion: z.literal('config.kubernetes.io/v1'),
  kind: z.literal('ResourceList'),
  functionConfig: z.unknown().optional(),
  items: z.array(
    z.looseObject({
      kind: z.string(),
      metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
    }),
  ),
  results: z.array(z.looseObject({ message: z.string(), severity: z.string() })).optional(),
});

const LIST = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList' };
const RUN = '/krm?policySet=krm&namespace=shop';
const objectsOf = (text: string): unknown[] => parseAllDocuments(text).map((document) => document.toJS());
const policies = ({ items }: z.output<typeof List>) =>
  items.filter(({ kind }) => kind.startsWith('TracingPolicy'));

/** A package as an orchestrator sends it: the documents of a file under `items`, as they are written. */
function packageOf(text: string, more = ''): string {
  const items = text
    .split(/^---\n/m)
    .filter((each) => /^[^#\s]/m.test(each))
    .map((each) => `- ${each.trim().replaceAll('\n', '\n  ')}\n`)
    .join('');
  return `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n${more}items:\n${items}`;
}

async function run(text: string, path = RUN): Promise<{ text: string; list: z.output<typeof List> }> {
  const response = await postYaml(path, text);
  const answer = await yamlText(response);
  expect(
    `${response.status} ${response.headers.get('content-type')} ${response.status === 200 ? '' : answer}`,
  ).toBe('200 application/yaml ');
  return { text: answer, list: List.parse(parse(answer)) };
}

describe('a package of workloads', () => {
  test.each([
    ['api-server', apiServer, 4],
    ['nginx', nginx, 4],
    ['postgres', postgres, 2],
    ['redis', redis, 7],
    // In the PID namespace of the host there is no allowlist.
    ['node-exporter', nodeExporter, 3],
    ['cert-manager', certManager, 8],
    ['istio', istio, 2],
  ])(
    '%s: the policies are added, the rest is as it was, and a second run changes nothing',
    async (_, text, count) => {
      const input = packageOf(text);
      const first = await run(input);
      expect(policies(first.list)).toHaveLength(count);
      checkManifests(policies(first.list));
      expect(first.list.items.filter(({ kind }) => !kind.startsWith('TracingPolicy'))).toEqual(
        objectsOf(text),
      );
      const second = await run(first.text);
      expect(second.text).toBe(first.text);
    },
  );

  test('JSON comes back as JSON', async () => {
    const response = await postJson(RUN, { ...LIST, items: objectsOf(nginx) });
    expect(response.headers.get('content-type')).toBe('application/json');
    const first = await response.text();
    expect(policies(List.parse(JSON.parse(first)))).toHaveLength(4);
    expect(await (await postJson(RUN, JSON.parse(first))).text()).toBe(first);
  });

  test('a package without workloads, or without items, is returned', async () => {
    expect(
      (await run(packageOf('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'))).list.items,
    ).toHaveLength(1);
    expect(
      (await run('apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n')).list.items,
    ).toEqual([]);
  });
});

describe('policies of an earlier run', () => {
  test('go with their workload; what others made stays', async () => {
    const { list } = await run(packageOf(`${nginx}---\n${postgres}`));
    const baseline = {
      apiVersion: 'cilium.io/v1alpha1',
      kind: 'TracingPolicy',
      metadata: { name: 'lattice-baseline-runtime', labels: { 'lattice.dev/managed-by': 'lattice' } },
    };
    const foreign = {
      ...baseline,
      metadata: { name: 'foreign', annotations: { 'lattice.dev/policy-set': 'x' } },
    };
    const items = [baseline, foreign, ...list.items.filter(({ kind }) => kind !== 'StatefulSet')];
    const answer = await run(stringify({ ...LIST, items }));
    expect(policies(answer.list).map(({ metadata }) => metadata.name)).toEqual([
      'lattice-baseline-runtime',
      'foreign',
      'allow-binaries-nginx--deployment',
      'block-capset-nginx--deployment',
      'block-rootfs-write-nginx--deployment',
      'block-setuid-nginx--deployment',
    ]);
  });

  test('are replaced where they stand, in the file where they are', async () => {
    const { list } = await run(packageOf(nginx));
    const [policy] = policies(list);
    const annotations = { 'internal.config.kubernetes.io/path': 'policies.yaml', 'example.org/other': 'x' };
    const changed = {
      ...policy,
      metadata: { ...policy?.metadata, annotations: { ...policy?.metadata.annotations, ...annotations } },
      spec: {},
    };
    const items = [changed, ...list.items.filter((item) => item !== policy)];
    const answer = await run(stringify({ ...LIST, items }));
    expect(answer.list.items[0]).toEqual({
      ...policy,
      metadata: {
        ...policy?.metadata,
        annotations: {
          'internal.config.kubernetes.io/path': 'policies.yaml',
          ...policy?.metadata.annotations,
        },
      },
    });
    expect(answer.list.items).toHaveLength(list.items.length);
  });

  test('of another layout are replaced by those of this one', async () => {
    const { text } = await run(packageOf(nginx));
    const { list } = await run(text, `${RUN}&layout=merged`);
    expect(policies(list).map(({ metadata }) => metadata.name)).toEqual([
      'runtime-enforcement-nginx--deployment',
    ]);
  });
});

describe('a denial', () => {
  test('leaves the package as it was, with an error for each denied override', async () => {
    const annotated = nodeExporter.replace(
      '  name: node-exporter\n',
      '  name: node-exporter\n  annotations: {internal.config.kubernetes.io/path: agents.yaml, internal.config.kubernetes.io/index: "2"}\n',
    );
    const input = packageOf(annotated);
    const { list } = await run(input, '/krm');
    expect(list.items).toEqual(objectsOf(annotated));
    const errors = (list.results ?? []).filter(({ severity }) => severity === 'error');
    const about = {
      severity: 'error',
      resourceRef: {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        name: 'node-exporter',
        namespace: 'monitoring',
      },
      file: { path: 'agents.yaml', index: 2 },
    };
    expect(errors).toEqual([
      {
        ...about,
        message:
          'capability:SYS_TIME is denied for monitoring/node-exporter, container node-exporter: no policy permits it.',
        field: { path: 'spec.template.spec.containers[0].securityContext.capabilities.add[0]' },
        tags: { rule: 'capability', service: 'monitoring/node-exporter' },
      },
      ...['hostNetwork', 'hostPID'].map((flag) => ({
        ...about,
        message: `${flag} is denied for monitoring/node-exporter: no policy permits it.`,
        field: { path: `spec.template.spec.${flag}` },
        tags: { rule: flag, service: 'monitoring/node-exporter' },
      })),
      {
        ...about,
        message: 'hostPath:/ (read-only) is denied for monitoring/node-exporter: no policy permits it.',
        field: { path: 'spec.template.spec.volumes[0].hostPath.path' },
        tags: { rule: 'hostPath', service: 'monitoring/node-exporter' },
      },
    ]);
  });

  test('is counted in a header, for scripts', async () => {
    const count = async (path: string) =>
      (await postYaml(path, packageOf(nodeExporter))).headers.get('tracewright-denials');
    expect([await count('/krm'), await count(RUN)]).toEqual(['4', '0']);
  });

  test('results of an earlier run do not stay', async () => {
    const denied = await run(packageOf(nodeExporter), '/krm');
    expect(
      (await run(denied.text)).list.results?.filter(({ severity }) => severity === 'error') ?? [],
    ).toEqual([]);
  });
});

test('what is kept is as it was written: comments, spelling of numbers, quotes, empty values', async () => {
  const odd = `# The head.
apiVersion: v1
kind: ConfigMap
metadata:
  name: odd # beside
  annotations: {a: "1", b: 'two'}
data:
  mode: 0644
  version: 1.20
  big: 12345678901234567890
  answer: on
  time: 12:30:45
  nothing:
  tilde: ~
  folded: >-
    one
    two
  literal: |
    #!/bin/sh
      exit 0
  quoted: "a\\tb"
`;
  const { text } = await run(packageOf(`${nginx}---\n${odd}`));
  for (const line of odd.trimEnd().split('\n')) expect(text).toContain(line);
});

describe('options', () => {
  const configured = (config: unknown) => packageOf(nginx, `functionConfig: ${JSON.stringify(config)}\n`);

  test.each([
    ['a ConfigMap', { apiVersion: 'v1', kind: 'ConfigMap', data: { layout: 'merged', policySet: 'krm' } }],
    [
      'another object',
      { apiVersion: 'tracewright.dev/v1', kind: 'Tracewright', spec: { layout: 'merged', policySet: 'krm' } },
    ],
  ])('come from %s', async (_, config) => {
    const { list } = await run(configured(config), '/krm');
    expect(policies(list).map(({ metadata }) => metadata.name)).toEqual([
      'runtime-enforcement-nginx--deployment',
    ]);
    expect(list.functionConfig).toEqual(config);
  });

  test.each([
    ['an unknown one', { data: { layuot: 'merged' } }],
    ['one that the query gives too', { data: { policySet: 'krm' } }],
    ['a number', { spec: { layout: 1 } }],
  ])('%s is refused', async (_, config) => {
    await problem(await postYaml(RUN, configured({ kind: 'ConfigMap', ...config })), 'invalid-request');
  });
});

describe('what is refused', () => {
  test.each([
    ['another kind', 'apiVersion: v1\nkind: List\nitems: []\n'],
    ['an alias', `${packageOf(nginx)}x: &a {}\nz: *a\n`],
    ['two documents', `${packageOf(nginx)}---\n${packageOf(nginx)}`],
    [
      'a workload that is not valid',
      packageOf(
        nginx
          .replace('privilege', 'priwilege')
          .replace('allowPrivilegeEscalation', 'allowPriwilegeEscalation'),
      ),
    ],
  ])('%s', async (_, text) => {
    await problem(await postYaml(RUN, text), 'invalid-request');
  });

  test('a number that JSON readers round', async () => {
    const items = '[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"x":12345678901234567890}]';
    const body = `{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":${items}}`;
    const headers = { 'content-type': 'application/json' };
    await problem(await send(RUN, { method: 'POST', body, headers }), 'invalid-request');
  });

  test('an annotation does not hide a workload', async () => {
    const local = nodeExporter.replace(
      '  name: node-exporter\n',
      '  name: node-exporter\n  annotations: {config.kubernetes.io/local-config: "true"}\n',
    );
    expect((await run(packageOf(local), '/krm')).list.results?.length).toBeGreaterThan(2);
  });
});
