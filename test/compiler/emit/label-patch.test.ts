import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { labelPatch } from '../../../src/compiler/emit/label-patch.ts';
import { readWorkloadObjects } from '../../../src/compiler/index.ts';
import { kustomizeComponent } from '../../../src/outputs/kustomize.ts';

const container = { name: 'a', image: 'a:1', command: ['/a'] };
const job = (name: string, metadata?: object) => ({
  name,
  template: { spec: { template: { ...(metadata && { metadata }), spec: { containers: [container] } } } },
});
const JOB_SET = {
  apiVersion: 'jobset.x-k8s.io/v1alpha2',
  kind: 'JobSet',
  metadata: { name: 'sim', namespace: 'shop' },
  spec: { replicatedJobs: [job('a'), job('b', { labels: { app: 'b' } })] },
};

const patches = (value: unknown) => {
  const read = readWorkloadObjects([{ value, source: { document: 0, path: [] } }]);
  if (!read.ok) throw new Error('not read');
  return read.workloads.flatMap((workload) => labelPatch(workload, { tier: 'x' }) ?? []);
};

test('each pod template of an object gets its labels, under the name of the object', () => {
  const at = (index: number) => `/spec/replicatedJobs/${index}/template/spec/template/metadata`;
  expect(patches(JOB_SET).map(({ target, jsonPatch }) => [target.name, ...jsonPatch])).toEqual([
    ['sim', { op: 'add', path: at(0), value: { labels: { tier: 'x' } } }],
    ['sim', { op: 'add', path: `${at(1)}/labels/tier`, value: 'x' }],
  ]);
});

test('kustomize changes a template in a list operation by operation, since a merge would replace the list', () => {
  const Component = z.looseObject({ patches: z.array(z.looseObject({ patch: z.string() })) });
  const written = Component.parse(parse(kustomizeComponent(patches(JOB_SET)))).patches;
  expect(written.map(({ patch }): unknown => parse(patch))).toEqual(
    patches(JOB_SET).map(({ jsonPatch }) => jsonPatch),
  );
});

test('a template in mappings is merged', () => {
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    },
  };
  expect(patches(rollout).map(({ merge }) => merge)).toEqual([
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'web' },
      spec: { template: { metadata: { labels: { tier: 'x' } } } },
    },
  ]);
});
