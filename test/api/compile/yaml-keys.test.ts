import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { postCase } from '../../support/cases.ts';
import { postYaml, problem, publish, send, yamlText } from '../../support/worker.ts';

beforeAll(async () => {
  await publish('permit (principal, action, resource);');
});

const YAML_1_1 = { version: '1.1', schema: 'yaml-1.1' } as const;

/** The labels that the policies of an answer select by, as a reader of YAML 1.1 sees them. */
function selected(yaml: string): unknown[] {
  return parseAllDocuments(yaml, YAML_1_1).map((document) => {
    const manifest: unknown = document.toJS({ mapAsMap: true });
    return ['spec', 'podSelector', 'matchLabels'].reduce<unknown>(
      (at, key) => (at instanceof Map ? at.get(key) : undefined),
      manifest,
    );
  });
}

describe('label keys that YAML 1.1 takes for other things', () => {
  test.each([
    ['output-key-not-quoted.on.json', 'on', 'v'],
    ['output-key-not-quoted.y.json', 'y', 'v'],
    ['yaml11-key.deployment.json', 'on', 'web'],
  ])('%s', async (name, key, value) => {
    const answer = await postCase('/compile', name, { accept: 'application/yaml' });
    expect(answer.status).toBe(200);
    const labels = selected(await yamlText(answer));
    expect(labels.length).toBeGreaterThan(0);
    for (const each of labels) expect(each).toEqual(new Map([[key, value]]));
    const streamed = await postCase('/compile?output=yaml-seq', name);
    for (const each of selected(await yamlText(streamed))) expect(each).toEqual(new Map([[key, value]]));
  });
});

test('a plain key of the body that kubectl would read as true is refused, with its place', async () => {
  const body = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b, labels: {on: x}}\n';
  const { faults } = await problem(await postYaml('/compile', body), 'malformed-body');
  expect(faults).toEqual([
    {
      message: expect.stringContaining('Quote it: "on".'),
      line: 3,
      column: 44,
    },
  ]);
  const list = `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- ${body.replaceAll('\n', '\n  ')}`;
  await problem(await postYaml('/krm', list), 'malformed-body');
});

test('the Kustomize component of such a label is quoted too', async () => {
  const body =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: "yes", namespace: "on", labels: {"on": "off"}}\nspec: {containers: [{name: a, command: [/a], securityContext: {runAsNonRoot: true}}]}\n';
  const answer = await send('/compile?layout=shared&output=kustomize', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/yaml' },
  });
  const [component] = parseAllDocuments(await yamlText(answer), YAML_1_1);
  expect(component?.toJS()).toMatchObject({
    patches: [{ target: { name: 'yes', namespace: 'on' } }],
  });
});
