import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SKIPPED } from '../../src/api/explain/read-events.ts';
import { compile } from '../../src/compiler/emit/compile.ts';
import { BaselineOptionsSchema } from '../../src/compiler/emit/policies/baseline/baseline-options.ts';
import { baseline } from '../../src/compiler/emit/policies/baseline.ts';
import { DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import { OWN_POLICIES } from '../../src/events/own-policy.ts';
import { readEventLine } from '../../src/events/tetragon-event.ts';
import { workloads } from '../support/services.ts';
import { namesIn } from './pages.ts';

test('docs/explain.md tells every policy and every reason', () => {
  expect(namesIn('docs/explain.md', "What each policy's events tell").sort()).toEqual(
    [...OWN_POLICIES].sort(),
  );
  expect(namesIn('docs/explain.md', 'What is not explained')).toEqual(Object.keys(SKIPPED));
});

test('examples/events.ndjson has events of hooks that the manifests of the example have', () => {
  const [apiServer] = workloads(readFileSync('examples/api-server.yaml', 'utf8'));
  if (apiServer === undefined) throw new Error('no service');
  const permittedBy = { name: 'default', version: 1, digest: 'sha256:0' };
  const { manifests } = compile(apiServer, DEFAULT_OPTIONS, permittedBy);
  const hooks = [...manifests, baseline(BaselineOptionsSchema.parse({}))].flatMap(({ metadata, spec }) =>
    spec.kprobes.map(({ call, message, tags }) => ({
      policyName: metadata.name,
      functionName: call,
      message,
      tags,
    })),
  );
  const lines = readFileSync('examples/events.ndjson', 'utf8').trim().split('\n');
  expect(lines).toHaveLength(OWN_POLICIES.length);
  for (const line of lines) {
    const read = readEventLine(line);
    if (!read.ok || read.event.kind !== 'kprobe') throw new Error(line);
    const { policyName, functionName, message, tags } = read.event;
    expect(hooks).toContainEqual({ policyName, functionName, message, tags });
  }
});
