import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import entities from '../../policies/entities.json' with { type: 'json' };
import schema from '../../policies/schema.cedarschema?raw';
import { VersionContentSchema } from '../../src/policy-sets/version-schemas.ts';
import { kubectlApplies } from '../support/kubectl-lists.ts';
import { postJson, publish } from '../support/worker.ts';

const files = z
  .record(z.string(), z.string())
  .parse(import.meta.glob('../../policies/*.cedar', { query: '?raw', import: 'default', eager: true }));

beforeAll(async () => {
  const more = VersionContentSchema.pick({ entities: true }).parse({ entities });
  await publish(Object.values(files).join('\n'), 'default', { schema, ...more });
});

const metadata = { name: 'web', namespace: 'shop', labels: { app: 'web' } };
const container = { name: 'a', image: 'a:1', command: ['/bin/a'], securityContext: { privileged: true } };
const spec = { containers: [container] };
const template = { metadata, spec };
const selector = { matchLabels: { app: 'web' } };
const POD = { apiVersion: 'v1', kind: 'Pod', metadata, spec };

/** A privileged pod, alone or as what makes one. */
const made = fc.constantFrom<Readonly<Record<string, unknown>>>(
  POD,
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector, template } },
  { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata, spec: { selector, template } },
  { apiVersion: 'example.org/v1', kind: 'Widget', metadata, spec: { template } },
  { apiVersion: 'example.org/v1', kind: 'Widget', metadata, spec: { podSpec: spec } },
  { apiVersion: 'example.org/v1', kind: 'Widget', metadata, spec: { manifest: JSON.stringify(POD) } },
);
const holder = fc.constantFrom(
  ['v1', 'List'],
  ['v1', 'PodList'],
  ['v1', 'ConfigMapList'],
  ['apps/v1', 'DeploymentList'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'Pod'],
  ['apps/v1', 'Deployment'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['monitoring.coreos.com/v1', 'PrometheusRule'],
  ['example.org/v1', 'Widget'],
  ['config.kubernetes.io/v1', 'ResourceList'],
);
/** Objects around it, by which it is found where kubectl finds it, or an operator. */
const wrapped = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'large' },
    made,
    fc
      .tuple(holder, tie('tree'), fc.constantFrom('items', 'items', 'Items', 'spec'))
      .map(([[apiVersion, kind], tree, key]) => ({
        apiVersion,
        kind,
        metadata: { name: 'held', namespace: 'shop' },
        [key]: key === 'spec' ? { base: tree } : [tree],
      })),
  ),
})).tree;

/** Whether a privileged pod is made of a body: by kubectl, or by the operator of an object that kubectl applies. */
function isMade(body: unknown): boolean {
  const applied = kubectlApplies(body);
  return (
    applied !== 'refused' &&
    applied.some(
      ({ apiVersion, kind }) => /^(Pod|Deployment|Rollout|Widget)$/.test(`${kind}`) && apiVersion !== '',
    )
  );
}

test('no list and no wrapping of a privileged pod is compiled under the example policies', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(wrapped, async (body) => {
      if (!isMade(body)) return;
      count += 1;
      const { status } = await postJson('/compile', body);
      expect([403, 422]).toContain(status);
    }),
    { numRuns: 300 },
  );
  expect(count).toBeGreaterThan(50);
});
