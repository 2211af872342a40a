import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import entities from '../../policies/entities.json' with { type: 'json' };
import schema from '../../policies/schema.cedarschema?raw';
import tests from '../../policies/tests.yaml?raw';
import { CedarMemory } from '../../src/cedar/cedar-memory.ts';
import { checkDraft } from '../../src/policy-sets/gates.ts';
import { readCedarText } from '../../src/policy-sets/read-policies.ts';
import { VersionRequestSchema } from '../../src/policy-sets/version-schemas.ts';

const files = z
  .record(z.string(), z.string())
  .parse(import.meta.glob('../../policies/*.cedar', { query: '?raw', import: 'default', eager: true }));
const { policies, terms, faults } = readCedarText(Object.values(files).join('\n'));
const example = VersionRequestSchema.parse({ policies, schema, entities, tests: parse(tests) });

test('the example policies pass the gates, their tests among them', async () => {
  const report = await checkDraft('default', example, { terms, faults }, new CedarMemory());
  expect(report).toMatchObject({ faults: [], warnings: [], policies: 14 });
  expect(report.tests.passed).toBe(example.tests.length);
});

test('without any one of them a test fails', async () => {
  const unmissed: string[] = [];
  for (const id of Object.keys(policies)) {
    const { [id]: _, ...others } = policies;
    const report = await checkDraft(
      'default',
      { ...example, policies: others },
      { terms, faults: [] },
      new CedarMemory(),
    );
    if (report.faults.length === 0) unmissed.push(id);
  }
  expect(unmissed).toEqual([]);
});
