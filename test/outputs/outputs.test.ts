import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import apiServer from '../../examples/api-server.yaml?raw';
import denied from '../../examples/denied.yaml?raw';
import { CompilationAnswerSchema } from '../../src/api/compile/compilation-answer.ts';
import { NOTICE_CODES } from '../../src/compiler/model/notices.ts';
import { OVERRIDE_RULES } from '../../src/outputs/rules.ts';
import certManager from '../fixtures/cert-manager.yaml?raw';
import fluentBit from '../fixtures/fluent-bit.yaml?raw';
import istio from '../fixtures/istio-sidecar.yaml?raw';
import nginx from '../fixtures/nginx.yaml?raw';
import nodeExporter from '../fixtures/node-exporter.yaml?raw';
import postgres from '../fixtures/postgres.yaml?raw';
import redis from '../fixtures/redis.yaml?raw';
import { deployment, running } from '../support/kubernetes.ts';
import { told } from '../support/manifests.ts';
import { compilation, postJson, postYaml, problem, publish, send, yamlText } from '../support/worker.ts';

beforeAll(async () => {
  await publish('@id("all") permit (principal, action, resource);', 'open');
  await publish(
    '@id("none") @reason("a|b <script>") @advice("line\nbreak") forbid (principal, action, resource);',
    'shut',
  );
  await publish('permit (principal, action, resource) when { resource.category == "binary" };');
});

const TYPES = {
  sarif: 'application/sarif+json',
  junit: 'application/junit+xml',
  github: 'text/plain; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
};

describe('which output', () => {
  test.each([
    ...Object.entries(TYPES),
    ['yaml', 'application/yaml'],
    ['json', 'application/json'],
    ['attestation', 'application/vnd.in-toto+json'],
    ['kustomize', 'application/vnd.kustomize+yaml'],
  ])('%s by its parameter and by Accept', async (output, type) => {
    const byParameter = await postYaml(`/compile?policySet=open&output=${output}`, apiServer);
    const byAccept = await postYaml('/compile?policySet=open', apiServer, {
      accept: `${type.split(';')[0]}, */*;q=0.1`,
    });
    for (const response of [byParameter, byAccept]) {
      expect(`${response.status} ${response.headers.get('content-type')}`).toBe(`200 ${type}`);
      expect(response.headers.get('vary')).toBe('accept');
    }
    expect(await yamlText(byAccept)).toBe(await yamlText(byParameter));
  });

  test.each(Object.entries(TYPES))('a denial is status 403 in %s too', async (output, type) => {
    const response = await postYaml(`/compile?output=${output}`, denied);
    expect(`${response.status} ${response.headers.get('content-type')}`).toBe(`403 ${type}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await yamlText(response)).not.toContain('cilium.io');
  });

  test.each(['json', 'yaml', 'attestation', 'kustomize'])('a denial as %s is a problem', async (output) => {
    await problem(await postYaml(`/compile?output=${output}`, denied), 'overrides-denied');
  });

  test.each(['output=pdf', 'path=a%0Ab', 'attest=yes'])('the parameter %s is refused', async (query) => {
    await problem(await postYaml(`/compile?${query}`, apiServer), 'invalid-request');
  });

  test('a body that is not valid is a problem in any output', async () => {
    await problem(await postJson('/compile?output=sarif', {}), 'invalid-request');
  });
});

const Sarif = z.strictObject({
  $schema: z.string(),
  version: z.literal('2.1.0'),
  runs: z.tuple([
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.literal('Tracewright'),
          semanticVersion: z.string(),
          rules: z.array(
            z.strictObject({
              id: z.string(),
              shortDescription: z.strictObject({ text: z.string().min(1).max(1_024) }),
              fullDescription: z.strictObject({ text: z.string().min(1).max(1_024) }),
              help: z.strictObject({ text: z.string().min(1), markdown: z.string().optional() }),
              defaultConfiguration: z.strictObject({ level: z.enum(['error', 'warning', 'note']) }),
              properties: z.looseObject({ tags: z.array(z.string()) }),
            }),
          ),
        }),
      }),
      automationDetails: z.strictObject({ id: z.string() }),
      columnKind: z.literal('utf16CodeUnits'),
      results: z.array(
        z.strictObject({
          ruleId: z.string(),
          ruleIndex: z.int().min(0),
          level: z.enum(['error', 'warning', 'note']),
          message: z.strictObject({ text: z.string().min(1) }),
          locations: z.tuple([
            z.strictObject({
              physicalLocation: z.strictObject({
                artifactLocation: z.strictObject({ uri: z.string() }),
                region: z.strictObject({ startLine: z.int().min(1), startColumn: z.int().min(1) }),
              }),
              logicalLocations: z
                .tuple([z.strictObject({ fullyQualifiedName: z.string(), kind: z.literal('resource') })])
                .optional(),
            }),
          ]),
          partialFingerprints: z.record(z.string(), z.string()),
          properties: z.looseObject({}),
        }),
      ),
      properties: z.looseObject({}),
    }),
  ]),
});

async function sarif(query: string, text: string) {
  const response = await postYaml(`/compile?output=sarif&${query}`, text);
  return Sarif.parse(JSON.parse(await yamlText(response))).runs[0];
}

describe('SARIF', () => {
  test.each([
    ['denied', denied],
    ['istio', istio],
    ['node-exporter', nodeExporter],
    ['postgres', postgres],
    ['redis', redis],
  ])('%s: each denial is at the very value that asks for it', async (_, text) => {
    const { results, tool } = await sarif('policySet=shut&path=deploy/app.yaml', text);
    const lines = text.split('\n');
    const denials = results.filter(({ level }) => level === 'error');
    expect(denials.length).toBeGreaterThan(0);
    for (const { ruleId, ruleIndex, message, locations } of denials) {
      const { region, artifactLocation } = locations[0].physicalLocation;
      expect(artifactLocation.uri).toBe('deploy/app.yaml');
      expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      const found = lines[region.startLine - 1]?.slice(region.startColumn - 1) ?? '';
      const [, kind = '', value = ''] = /^([A-Za-z]+)(?::(\S+))?/.exec(message.text) ?? [];
      expect(kind).toBe(ruleId);
      const expected: Readonly<Record<string, RegExp>> = {
        allowedBinary: /^(\/|\*|\||name:|'\[|- name)/,
        capability: new RegExp(`^(${value.replaceAll('*', '')}|\\[)`),
        runAsRoot: /^(0|false)/,
        runAsRootGroup: /^0/,
        readWriteRootFilesystem: /^false/,
        hostPath: /^\//,
      };
      expect(found).toMatch(expected[kind] ?? /^true/);
    }
  });

  test('notices are results too, and a permitted request has no error', async () => {
    const { results } = await sarif('policySet=open', fluentBit);
    expect(results.map(({ ruleId, level }) => `${level} ${ruleId}`)).toEqual([
      'warning ImplicitWildcard',
      'note PassedThrough',
      'note KillLeavesEffects',
      'note PolicyRenamed',
    ]);
    expect(results[0]?.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'stdin' },
      region: { startLine: 19, startColumn: 15 },
    });
  });

  test.each([
    ['./deploy/web.yaml', 'deploy/web.yaml'],
    ['a b#c?.yaml', 'a%20b%23c%3F.yaml'],
    ['deploy\\web.yaml', 'deploy/web.yaml'],
    ['/srv/web.yaml', 'file:///srv/web.yaml'],
  ])('the path %s is the URI %s', async (path, uri) => {
    const { results } = await sarif(`policySet=open&path=${encodeURIComponent(path)}`, fluentBit);
    expect(results[0]?.locations[0].physicalLocation.artifactLocation).toEqual({ uri });
  });

  test('every kind of override and notice has a rule with a text of its own', () => {
    const texts = [
      ...Object.values(OVERRIDE_RULES).map(({ title }) => title),
      ...Object.values(NOTICE_CODES).map(({ meaning }) => meaning),
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });
});

const Junit = z.object({
  testsuites: z.object({
    '@tests': z.string(),
    '@failures': z.string(),
    testsuite: z.array(
      z.object({
        '@name': z.string(),
        testcase: z.array(
          z.object({
            '@name': z.string(),
            '@file': z.string().optional(),
            '@line': z.string().optional(),
            failure: z
              .object({ '@type': z.string(), '@message': z.string(), '#text': z.string() })
              .optional(),
          }),
        ),
        'system-out': z.string().optional(),
      }),
    ),
  }),
});

async function junit(path: string, init: RequestInit): Promise<z.output<typeof Junit>['testsuites']> {
  const text = await yamlText(await send(path, init));
  expect(XMLValidator.validate(text)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    htmlEntities: true,
    isArray: (name) => name === 'testsuite' || name === 'testcase',
  });
  return Junit.parse(parser.parse(text)).testsuites;
}

describe('JUnit', () => {
  test('a suite for each service, a case for each override', async () => {
    const { testsuite, ...counts } = await junit('/compile?output=junit&path=x.yaml', {
      method: 'POST',
      body: denied,
      headers: { 'content-type': 'application/yaml' },
    });
    expect(counts).toEqual({ '@tests': '3', '@failures': '2' });
    expect(testsuite).toHaveLength(1);
    const [first, second] = testsuite[0]?.testcase ?? [];
    expect(first).toEqual({ '@name': 'web: allowedBinary:*', '@file': 'x.yaml', '@line': '9' });
    expect(second).toMatchObject({
      '@name': 'web: capability:NET_ADMIN',
      '@line': '15',
      failure: { '@type': 'NoPermitPolicy' },
    });
    expect(second?.failure?.['#text']).toContain('Lattice::SecurityOverride::"capability:NET_ADMIN"');
  });

  test('text that is markup, or that XML cannot hold, does not get out of its place', async () => {
    const image = '"><failure/>\u0000\u001b&amp;';
    const { testsuite, ...counts } = await junit('/compile?policySet=shut&output=junit', {
      method: 'POST',
      body: JSON.stringify(running({ image, command: ['/<b>&"\''], securityContext: { privileged: true } })),
      headers: { 'content-type': 'application/json' },
    });
    expect(counts).toEqual({ '@tests': '1', '@failures': '1' });
    expect(testsuite[0]?.testcase[0]?.failure?.['@message']).toContain('none (a|b <script> line\\nbreak)');
  });
});

test('GitHub annotations', async () => {
  const response = await postYaml(
    `/compile?output=github&path=${encodeURIComponent('50%,a:b.yaml')}`,
    denied,
  );
  expect(await response.text()).toBe(
    '::error file=50%25%2Ca%3Ab.yaml,line=12,col=23,title=Privileged container::privileged is denied for production/web, container web: no policy permits it.\n::error file=50%25%2Ca%3Ab.yaml,line=15,col=19,title=Linux capability::capability:NET_ADMIN is denied for production/web, container web: no policy permits it.\n',
  );
  const injected = await postYaml('/compile?policySet=shut&output=github', denied);
  for (const line of (await injected.text()).trimEnd().split('\n'))
    expect(line).toMatch(/^::(error|warning|notice) /);
});

describe('Markdown', () => {
  test('denials with their places and the permits to ask for', async () => {
    const text = await (await postYaml('/compile?output=markdown&path=web.yaml', denied)).text();
    expect(text).toMatch(
      /^<!-- tracewright -->\n## ❌ Tracewright: 2 overrides denied\n\n1 workload, 3 overrides decided by `default` version 1 /,
    );
    expect(text).toContain(
      '| `web.yaml:15` | `capability:NET_ADMIN` | `capability:NET_ADMIN` is denied for `production/web`, container web: no policy permits it. |',
    );
    expect(text).toContain('```cedar\n@id("permit:production:web:web:capability:NET_ADMIN")');
  });

  test('what was permitted', async () => {
    const text = await (await postYaml('/compile?policySet=open&output=markdown', apiServer)).text();
    expect(text).toContain('## ✅ Tracewright: permitted, 4 policies');
  });

  test('text of policies and bodies is no markup', async () => {
    const text = await (
      await postJson('/compile?policySet=shut&output=markdown', running({ command: ['x'], image: '`@all`' }))
    ).text();
    expect(text).not.toMatch(/\ba\|b\b/);
    // In a code span it is text; the properties of test/outputs/markdown.test.ts say so of any text.
    expect(text.replaceAll(/`[^`]*`/g, '')).not.toContain('<script>');
    for (const row of text.split('\n').filter((line) => line.startsWith('| `')))
      expect(row.replaceAll('\\|', '').split('|')).toHaveLength(5);
  });
});

describe('labels for layout=shared', () => {
  const hardened = {
    securityContext: { readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
  };
  const input = running({ command: ['/bin/app'], ...hardened });
  const Labels = z.looseObject({
    spec: z.looseObject({
      template: z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }) }),
    }),
  });

  test('as a JSON patch, after which every shared policy selects the pods', async () => {
    const answer = await compilation(await postJson('/compile?policySet=open&layout=shared', input));
    const patch = answer.services[0]?.labelPatch;
    expect(patch?.target).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'web',
      namespace: 'shop',
    });
    expect(patch?.jsonPatch).toEqual([
      { op: 'add', path: '/spec/template/metadata/labels/lattice.dev~1read-only-rootfs', value: 'true' },
      { op: 'add', path: '/spec/template/metadata/labels/lattice.dev~1run-as-non-root', value: 'true' },
      { op: 'add', path: '/spec/template/metadata/labels/lattice.dev~1allowed-capabilities', value: 'none' },
    ]);
    const component = z
      .object({
        kind: z.literal('Component'),
        patches: z.tuple([z.object({ target: z.unknown(), patch: z.string() })]),
      })
      .parse(parse(answer.kustomizeComponent ?? '', { version: '1.1' }));
    expect(component.patches[0].target).toEqual({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      name: 'web',
      namespace: 'shop',
    });
    const merged = Labels.parse(parse(component.patches[0].patch, { version: '1.1' })).spec.template.metadata
      .labels;
    for (const { kind, spec } of answer.manifests) {
      if (kind === 'TracingPolicy') expect(merged).toMatchObject(spec.podSelector.matchLabels ?? {});
    }
    expect(answer.services[0]?.podLabels).toEqual(merged);
  });

  test.each([
    ['no labels', deployment({}, { labels: null }), '/spec/template/metadata/labels'],
    [
      'annotations alone',
      deployment({}, { labels: undefined, annotations: { a: 'b' } }),
      '/spec/template/metadata/labels',
    ],
    [
      'no metadata',
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'j', namespace: 'shop' },
        spec: { template: { spec: { containers: [{ name: 'a', command: ['/a'] }] } } },
      },
      '/spec/template/metadata',
    ],
  ])('a template with %s gets them all at once', async (_, body, path) => {
    const selected = JSON.parse(
      JSON.stringify(body).replace(
        '"selector":{"matchLabels":{"app":"web"}}',
        '"selector":{"matchExpressions":[{"key":"x","operator":"DoesNotExist"}]}',
      ),
    );
    const answer = await compilation(await postJson('/compile?policySet=open&layout=shared', selected));
    expect(answer.services[0]?.labelPatch?.jsonPatch.map((operation) => operation.path)).toEqual([path]);
  });

  test('a Lattice service has no pod template to patch, and no labels are needed by other layouts', async () => {
    const lattice = await compilation(await postYaml('/compile?policySet=open&layout=shared', apiServer));
    expect(lattice.services[0]?.labelPatch).toBeUndefined();
    expect(lattice.kustomizeComponent).toBeUndefined();
    expect(
      (await compilation(await postJson('/compile?policySet=open', input))).services[0]?.labelPatch,
    ).toBeUndefined();
  });

  test('the component alone', async () => {
    const response = await postJson('/compile?policySet=open&layout=shared&output=kustomize', input);
    const { kustomizeComponent } = CompilationAnswerSchema.parse(
      await (await postJson('/compile?policySet=open&layout=shared', input)).json(),
    );
    expect(await yamlText(response)).toBe(kustomizeComponent);
  });
});

describe('Kubernetes through the Worker', () => {
  test.each([
    ['nginx', nginx, 4],
    ['postgres', postgres, 2],
    ['redis', redis, 7],
    // In the PID namespace of the host there is no allowlist.
    ['node-exporter', nodeExporter, 3],
    ['istio', istio, 2],
    ['fluent-bit', fluentBit, 2],
  ])('%s: policies that its own selector selects, as JSON and as YAML', async (_, text, count) => {
    const answer = await compilation(await postYaml('/compile?policySet=open', text));
    expect(answer.manifests).toHaveLength(count);
    const yaml = await yamlText(await postYaml('/compile?policySet=open&output=yaml', text));
    expect(parseAllDocuments(yaml).map((document) => document.toJS())).toEqual(answer.manifests);
  });

  test('a chart without namespaces, with the namespace as a parameter', async () => {
    await problem(await postYaml('/compile?policySet=open', certManager), 'invalid-request');
    const answer = await compilation(
      await postYaml('/compile?policySet=open&namespace=cert-manager', certManager),
    );
    expect(answer.services.map(({ service }) => service)).toEqual([
      'cert-manager/cert-manager',
      'cert-manager/cert-manager-startupapicheck',
    ]);
  });

  test('Cedar sees the kind', async () => {
    await publish('permit (principal, action, resource) when { principal.kind == "daemonset" };', 'kinds');
    expect((await postYaml('/compile?policySet=kinds', nodeExporter)).status).toBe(200);
    await problem(await postYaml('/compile?policySet=kinds', postgres), 'overrides-denied');
  });

  test('the suggested permits are enough, and are for this kind alone', async () => {
    await publish('@id("nothing") forbid (principal, action, resource) when { false };', 'bare');
    const { denials = [] } = await problem(
      await postYaml('/compile?policySet=bare', nodeExporter),
      'overrides-denied',
    );
    const permits = denials.map(({ suggestedPermit }) => suggestedPermit ?? '').join('\n');
    await publish(permits, 'suggested');
    expect((await postYaml('/compile?policySet=suggested', nodeExporter)).status).toBe(200);
    await problem(
      await postYaml('/compile?policySet=suggested', nodeExporter.replace('DaemonSet', 'Deployment')),
      'overrides-denied',
    );
  });

  test('a body of other objects alone needs no policy', async () => {
    const answer = await compilation(
      await postJson('/compile?policySet=open', { apiVersion: 'v1', kind: 'ConfigMap' }),
    );
    expect(answer).toMatchObject({ services: [], manifests: [], decisions: [] });
    expect(told(answer.notices).map(({ code, level }) => `${level} ${code}`)).toEqual(['note PassedThrough']);
  });

  test('pods that no policy can select are refused, but can be decided about', async () => {
    const cron = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'c', namespace: 'shop' },
      spec: {
        jobTemplate: { spec: { template: { spec: { containers: [{ name: 'a', command: ['/a'] }] } } } },
      },
    };
    const { faults } = await problem(await postJson('/compile?policySet=open', cron), 'invalid-request');
    expect(faults?.[0]?.pointer).toBe('/spec/jobTemplate/spec/template/metadata');
    expect((await postJson('/authorize?policySet=open', cron)).status).toBe(200);
  });
});
