import { readFileSync } from 'node:fs';
import { createTwoFilesPatch } from 'diff';
import { expect, test } from 'vitest';
import { patchWorkloads } from '../../../src/learn/patch/patch-workloads.ts';
import { listsOf, propose } from '../../support/proposals.ts';

/** What every container of the files is given. */
const LIST = ['/bin/sh', '/usr/bin/env', '/usr/local/bin/app'];

test.each([
  'examples/api-server.yaml',
  'examples/build-runner.yaml',
  'examples/deployment.yaml',
  'examples/image-processor.yaml',
  'examples/mailer.yaml',
  'test/fixtures/cert-manager.yaml',
  'test/fixtures/fluent-bit.yaml',
  'test/fixtures/istio-sidecar.yaml',
  'test/fixtures/nginx.yaml',
  'test/fixtures/node-exporter.yaml',
  'test/fixtures/postgres.yaml',
  'test/fixtures/redis.yaml',
])('%s is patched as a reviewer expects', async (file) => {
  const text = readFileSync(file, 'utf8');
  const containers = Object.keys(listsOf(text));
  const { body, proposals } = propose(text, Object.fromEntries(containers.map((name) => [name, LIST])));
  const patched = patchWorkloads(body, proposals);
  expect(patched.refused).toEqual([]);
  for (const list of Object.values(listsOf(patched.text))) expect(list).toEqual(LIST);
  const diff = createTwoFilesPatch(`a/${file}`, `b/${file}`, text, patched.text, undefined, undefined, {
    context: 2,
    headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
  });
  await expect(diff).toMatchFileSnapshot(`diffs/${file.replace(/^.*\//, '').replace('.yaml', '')}.diff`);
});
