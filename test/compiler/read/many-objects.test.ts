import { expect, test } from 'vitest';
import { readWorkloads } from '../../../src/compiler/index.ts';
import { LIMITS } from '../../../src/compiler/model/limits.ts';
import { parseWorkloadDocuments } from '../../../src/compiler/read/documents.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
};

/** The messages about a list of so many objects, the last of which is a Pod. */
function readList(count: number): string[] {
  const map = { apiVersion: 'v1', kind: 'ConfigMap' };
  const pod = { ...POD, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
  const items = [...Array.from({ length: count - 1 }, () => map), pod];
  const parsed = parseWorkloadDocuments(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), 'json');
  const read = readWorkloads(parsed.ok ? parsed.documents : []);
  return read.ok
    ? read.notices.filter(({ code }) => code === 'PassedThrough').map(({ message }) => message)
    : read.faults.map(({ message, path }) => `${path.join('/')}: ${message}`);
}

test('a list has so many objects, and those that are not read are counted', () => {
  expect(readList(LIMITS.objects)).toEqual([
    '9999 objects of v1 ConfigMap: no workload, so there is nothing to authorize or enforce.',
  ]);
  expect(readList(LIMITS.objects + 1)).toEqual([
    'items/10000: At most 10000 objects are taken at once; there are 10001.',
  ]);
});

test('thousands of faults end the reading', () => {
  const pods = Array.from({ length: 400 }, (_, index) => ({
    ...POD,
    metadata: { name: `p${index}`, namespace: 'shop' },
    spec: { containers: Array(100).fill(1) },
  }));
  const parsed = parseWorkloadDocuments(
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }),
    'json',
  );
  const read = readWorkloads(parsed.ok ? parsed.documents : []);
  const count = read.ok ? 0 : read.faults.length;
  expect(count).toBeGreaterThan(100 * LIMITS.faults);
  expect(count).toBeLessThan(100 * LIMITS.faults + 200);
});
