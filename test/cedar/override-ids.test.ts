import '../../src/cedar/wasm.ts';
import { isAuthorized } from '@cedar-policy/cedar-wasm/web';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requestOf } from '../../src/cedar/engine.ts';
import { LATTICE } from '../../src/cedar/languages.ts';
import { questionsOf } from '../../src/cedar/override-entities.ts';
import { securityOverrides } from '../../src/compiler/derive/overrides.ts';
import { readWorkloads } from '../../src/compiler/index.ts';
import { CategorySchema, isHostPath, overrideCategory } from '../../src/compiler/model/override.ts';
import { parseDocuments } from '../../src/compiler/read/documents.ts';
import { runs } from '../support/runs.ts';

const text = fc.oneof(
  fc.constantFrom(
    '/',
    '/var//log/',
    'C:\\x',
    '/a"b\\',
    '/ü',
    'vault',
    'ContainerAdministrator',
    '::1',
    'A.b.',
    'net/a/b',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const port = fc.oneof(fc.constantFrom(0, 1, 65_535), fc.integer({ min: 0, max: 65_535 }));
const type = fc.oneof(fc.constantFrom('nfs', 'emptyDir', 'toString'), fc.string({ maxLength: 4 }));
const security = fc.record(
  {
    seLinuxOptions: fc.record({ type: text, user: text }, { requiredKeys: [] }),
    windowsOptions: fc.record({ runAsUserName: text, hostProcess: fc.boolean() }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);
const pod = fc.record(
  {
    securityContext: fc.record(
      {
        sysctls: fc.array(fc.record({ name: text, value: fc.constant('1') }), { maxLength: 2 }),
        fsGroup: port,
      },
      { requiredKeys: [] },
    ),
    volumes: fc.array(
      fc.oneof(
        text.map((path) => ({ name: 'v', hostPath: { path } })),
        type.map((name) => ({ [name]: {}, name: 'v' })),
        text.map((audience) => ({
          name: 'v',
          projected: { sources: [{ serviceAccountToken: { audience } }] },
        })),
      ),
      { maxLength: 3 },
    ),
    hostNetwork: fc.boolean(),
    ephemeralContainers: fc.constantFrom([], [{ name: 'debug' }]),
    container: fc.record(
      {
        ports: fc.array(fc.record({ containerPort: port, hostPort: port }), { maxLength: 2 }),
        livenessProbe: fc.record({ httpGet: fc.record({ host: text }) }),
        securityContext: security,
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

/** Whether Cedar takes the request about an override under the schema. */
function conforms(id: string, readOnly: boolean | undefined): boolean {
  const category = CategorySchema.parse(overrideCategory(id));
  const principal = { namespace: 'shop', name: 'web', kind: 'pod', labels: {} };
  const question = questionsOf(
    principal,
    new Map(),
  )({ id, category, container: 'app', image: 'a:1', implicit: false, readOnly });
  expect(question.resource.id).toBe(id);
  const answer = isAuthorized({
    ...requestOf(question, question.own),
    schema: LATTICE.schema,
    validateRequest: true,
    policies: { staticPolicies: {} },
  });
  return answer.type === 'success';
}

test('whatever a pod holds, each override that it asks for has a category and fits the schema, or the pod is refused', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(pod, ({ container, ...rest }) => {
      const spec = { ...rest, containers: [{ name: 'app', command: ['/a'], ...container }] };
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' }, spec };
      const parsed = parseDocuments(JSON.stringify(body), 'json');
      if (!parsed.ok) return;
      const read = readWorkloads(parsed.documents);
      if (!read.ok) return;
      for (const workload of read.workloads)
        for (const { id, category, readOnly } of securityOverrides(workload, {
          authorizeEntrypoints: true,
          authorizeUnset: true,
        })) {
          kinds.add(id.split(':', 1)[0] ?? '');
          expect(overrideCategory(id)).toBe(category);
          expect(readOnly !== undefined).toBe(isHostPath(id));
          expect(conforms(id, readOnly), id).toBe(true);
        }
    }),
    {
      ...runs(1_000),
      // Most pods with the path of a host are refused for something else that they hold.
      examples: [[{ volumes: [{ name: 'v', hostPath: { path: '/var//log/' } }], container: {} }]],
    },
  );
  for (const kind of ['hostPath', 'hostPort', 'hostProbe', 'volume', 'windowsUser', 'ephemeralContainer'])
    expect(kinds).toContain(kind);
});
