import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { LIMITS } from '../../src/compiler/model/limits.ts';
import { diffVersions, unifiedText } from '../../src/policy-sets/diff.ts';
import type { VersionDraft } from '../../src/policy-sets/version-schemas.ts';
import { create, published, write } from '../support/policy-sets.ts';
import { send } from '../support/worker.ts';

const many = (count: number, policy: (index: number) => string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, policy(index)]));
const draft = (policies: Record<string, string>, list: readonly string[] = []): VersionDraft => ({
  policies,
  schema: null,
  entities: [{ uid: { type: 'T', id: 'a' }, attrs: { list: [...list] }, parents: [], tags: {} }],
  settings: { authorizeEntrypoints: false },
  tests: [],
});
const lines = (line: string, count: number): string => `${line}\n`.repeat(count);

/** Versions that differ in ways that take long to compare, or long to tell. */
const SLOW: Readonly<Record<string, readonly [VersionDraft, VersionDraft, changed: number]>> = {
  'ten thousand policies of 150 lines': [
    draft(many(10_000, (index) => `permit(\n${lines('a', 150)}${index});`)),
    draft(many(10_000, (index) => `permit(\n${lines('b', 150)}${index});`)),
    10_000,
  ],
  'a policy of a million lines': [
    draft({ p: `${lines('//', 700_000)}x` }),
    draft({ p: `${lines('// ', 700_000)}x` }),
    1,
  ],
  'lines that repeat': [
    draft(
      {},
      Array.from({ length: 95_000 }, (_, index) => 'ab'.charAt(index % 2)),
    ),
    draft(
      {},
      Array.from({ length: 95_000 }, (_, index) => 'aab'.charAt(index % 3)),
    ),
    0,
  ],
};

test.each(Object.entries(SLOW))('%s are compared within seconds', (_, [before, after, changed]) => {
  const start = performance.now();
  const diff = diffVersions(before, after);
  expect(performance.now() - start).toBeLessThan(30_000);
  expect(diff.policies.changed).toHaveLength(changed);
  expect(diff.unified.length).toBeLessThanOrEqual(LIMITS.diffLength);
  // Whole files alone, and each that there is no room for is counted.
  const files = diff.unified.match(/^--- /gm)?.length ?? 0;
  expect(files + diff.omitted).toBe(changed + diff.other.length);
});

describe('a diff that is too long', () => {
  test('is cut off, and says so as JSON and as text; its lists are complete', async () => {
    const name = 'long-diff';
    await create(name);
    const policy = (line: string) => (index: number) =>
      `${lines(line, 200)}permit(principal,action,resource==Lattice::SecurityOverride::"allowedBinary:/${index}");`;
    for (const line of ['// a', '// b'])
      await published(
        await write('POST', `/policy-sets/${name}/versions`, { policies: many(2_500, policy(line)) }),
      );
    const path = `/policy-sets/${name}/versions/1/diff/2`;
    const answer = z
      .looseObject({
        policies: z.object({ changed: z.array(z.string()) }),
        unified: z.string(),
        truncated: z.boolean(),
        omittedFiles: z.int(),
      })
      .parse(await (await send(path)).json());
    expect(answer.policies.changed).toHaveLength(2_500);
    expect(answer.truncated).toBe(true);
    expect(answer.omittedFiles).toBeGreaterThan(100);
    const text = await (await send(path, { headers: { accept: 'text/x-diff' } })).text();
    expect(text).toBe(
      `${answer.unified}# Truncated: ${answer.omittedFiles} more files differ. As JSON the answer names all policies that differ.\n`,
    );
  }, 120_000);

  test('is not taken for no difference when nothing of it fits', () => {
    const [before, after] = SLOW['a policy of a million lines'] ?? [draft({}), draft({})];
    const diff = diffVersions(before, after);
    expect(diff).toMatchObject({ unified: '', omitted: 1 });
    expect(unifiedText(diff)).toMatch(/^# Truncated: 1 more file differs\./);
  });
});

test('few changes in many policies are shown line by line', () => {
  const policy = (last: string) => (index: number) => `${lines('// same', 30)}// ${index} ${last}\n`;
  const { unified, omitted } = diffVersions(draft(many(3_000, policy('a'))), draft(many(3_000, policy('b'))));
  expect(omitted).toBe(0);
  expect(unified.match(/^[-+]\/\//gm)).toHaveLength(6_000);
});
