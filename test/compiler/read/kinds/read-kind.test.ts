import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { securityOverrides } from '../../../../src/compiler/derive/overrides.ts';
import { readWorkloadObjects } from '../../../../src/compiler/index.ts';
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
