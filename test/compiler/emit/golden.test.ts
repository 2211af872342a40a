import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/emit/compile.ts';
import { manifestYaml } from '../../../src/compiler/emit/manifest-yaml.ts';
import { BaselineOptionsSchema } from '../../../src/compiler/emit/policies/baseline/baseline-options.ts';
import { baseline } from '../../../src/compiler/emit/policies/baseline.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../src/compiler/model/options.ts';
import { compiledWith, knownImages } from '../../support/images.ts';
import { deployment } from '../../support/kubernetes.ts';
import { checkManifests } from '../../support/manifests.ts';
import { workloads } from '../../support/services.ts';

function golden(example: string, options: Partial<CompileOptions> = {}): string {
  const [workload] = workloads(readFileSync(`examples/${example}.yaml`, 'utf8'));
  if (workload === undefined) throw new Error('no service');
  const { manifests } = compile(workload, { ...DEFAULT_OPTIONS, ...options });
  checkManifests(manifests);
  return manifestYaml(manifests);
}

/** `npx vitest run -u` writes the files anew; review what changed as you would a manifest. */
describe('manifests as a kernel engineer reviews them', () => {
  test.each([
    ['api-server', {}],
    ['image-processor', {}],
    ['build-runner', {}],
    ['deployment', {}],
    ['api-server', { layout: 'merged' }],
    ['api-server', { layout: 'shared' }],
    ['api-server', { scope: 'container' }],
    ['api-server', { scope: 'container', layout: 'merged' }],
    ['api-server', { scope: 'container', layout: 'shared' }],
    ['api-server', { mode: 'monitor' }],
    ['api-server', { action: 'deny' }],
    ['api-server', { action: 'deny', layout: 'merged' }],
  ] satisfies [string, Partial<CompileOptions>][])('%s %j', async (example, options) => {
    const file = [example, ...Object.values(options)].join('.');
    await expect(golden(example, options)).toMatchFileSnapshot(`../../golden/${file}.yaml`);
  });

  test('what rests on the configs of images says so', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const images = knownImages({
      'proxy:1.4': { Entrypoint: ['proxy'], Env: ['PATH=/usr/local/bin:/usr/bin', 'TOKEN=hunter2'] },
      [digest]: { Entrypoint: ['/tini', '--'], Cmd: ['/srv/app', '--token', 'hunter2'] },
    });
    const containers = [
      { name: 'app', image: `registry.example.org/app@${digest}` },
      { name: 'proxy', image: 'proxy:1.4' },
    ];
    const { manifests } = compiledWith(deployment({ containers }), images, { layout: 'merged' });
    await expect(manifestYaml(manifests)).toMatchFileSnapshot('../../golden/images.merged.yaml');
  });

  test.each([
    ['baseline', {}],
    ['baseline.monitor', { mode: 'monitor', excludedNamespaces: ['kube-system'] }],
    ['baseline.kill', { action: 'kill' }],
    ['baseline.chroot', { tiers: ['chroot'] }],
  ])('%s', async (file, options) => {
    const policy = baseline(BaselineOptionsSchema.parse(options));
    checkManifests([policy]);
    await expect(manifestYaml([policy])).toMatchFileSnapshot(`../../golden/${file}.yaml`);
  });

  test('a baseline that excludes no namespace still keeps host processes out', () => {
    const { spec } = baseline(BaselineOptionsSchema.parse({ excludedNamespaces: [] }));
    expect(spec.podSelector).toEqual({
      matchExpressions: [{ key: 'k8s:io.kubernetes.pod.namespace', operator: 'Exists' }],
    });
  });
});
