import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../../src/compiler/model/limits.ts';
import { toPointer } from '../../../../src/compiler/model/pointer.ts';
import { parseDocuments, parseWorkloadDocuments } from '../../../../src/compiler/read/documents.ts';
import { entries, member } from '../../../../src/compiler/read/mapping.ts';

const MAP = {
  apiVersion: 'v1',
  data: { a: 'b', c: [1, { d: null }] },
  kind: 'ConfigMap',
  metadata: { name: 'a' },
};
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'a' }] },
};

/** A list as `kubectl get -o json` prints it: its kind is after its items. */
function listOf(...items: readonly unknown[]): string {
  return JSON.stringify(
    { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } },
    null,
    2,
  );
}

function itemsOf(text: string): unknown {
  const parsed = parseWorkloadDocuments(text, 'json');
  if (!parsed.ok) throw new Error(parsed.faults.map(({ message }) => message).join());
  return member(parsed.documents[0]?.value, 'items');
}

function fault(text: string): string | undefined {
  const parsed = parseWorkloadDocuments(text, 'json');
  return parsed.ok ? undefined : parsed.faults[0]?.message;
}

/** Every path in a value. */
function pathsIn(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  return [path, ...entries(value).flatMap(([key, each]) => pathsIn(each, [...path, key]))];
}

test('items that cannot hold a workload have their apiVersion and kind alone', () => {
  expect(itemsOf(listOf(MAP, POD, MAP))).toEqual([
    { apiVersion: 'v1', kind: 'ConfigMap' },
    POD,
    { apiVersion: 'v1', kind: 'ConfigMap' },
  ]);
});

test('where objects are read for themselves, all of them is there', () => {
  const parsed = parseDocuments(listOf(MAP, POD), 'json');
  expect(parsed.ok && member(parsed.documents[0]?.value, 'items')).toEqual([MAP, POD]);
});

describe('an item is parsed', () => {
  test.each([
    ['of another kind', JSON.stringify(POD)],
    ['of no kind', '{"apiVersion": "v1", "data": {"a": 1}}'],
    ['of no version', '{"kind": "ConfigMap", "data": {"a": 1}}'],
    ['of a kind that is no text', '{"apiVersion": "v1", "kind": ["ConfigMap"], "data": {"a": 1}}'],
    [
      'with a key that the kind does not have',
      '{"apiVersion": "v1", "kind": "ConfigMap", "items": [{"a": 1}]}',
    ],
    ['with a key in other letters', '{"apiVersion": "v1", "kind": "ConfigMap", "Kind": "Pod"}'],
    ['that is a list', '[{"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": 1}}]'],
  ])('%s', (_, item) => {
    expect(itemsOf(`{"items": [${item}], "kind": "List"}`)).toEqual([JSON.parse(item)]);
  });

  test.each([
    ['under another key', `{"objects": [${JSON.stringify(MAP)}]}`],
    ['under items that are no list', `{"items": {"a": ${JSON.stringify(MAP)}}}`],
    ['further down', `{"spec": {"items": [${JSON.stringify(MAP)}]}}`],
    ['in a list that is the text', `[{"items": [${JSON.stringify(MAP)}]}]`],
    ['alone', JSON.stringify(MAP)],
  ])('%s', (_, text) => {
    const parsed = parseWorkloadDocuments(text, 'json');
    expect(parsed.ok && parsed.documents[0]?.value).toEqual(JSON.parse(text));
  });
});

test('an item that is not parsed is checked as all others', () => {
  const item = (data: string) =>
    `{"items": [{"apiVersion": "v1", "kind": "ConfigMap", "data": ${data}}], "kind": "List"}`;
  expect(fault(item('{"a": 1}'))).toBe(undefined);
  expect(fault(item('{"a": 1, "a": 2}'))).toBe('The key "a" is repeated.');
  expect(fault(item('{"a": 1,}'))).toMatch(/^Not JSON/);
  expect(fault(item("{'a': 1}"))).toMatch(/^Not JSON/);
  expect(fault(item('"\\ud800"'))).toMatch(/^A string holds half/);
  expect(fault(item('['.repeat(70) + ']'.repeat(70)))).toMatch(/nested deeper/);
  const twice = item('{}').replace('"kind": "ConfigMap"', '"kind": "ConfigMap", "\\u006bind": "Pod"');
  expect(fault(twice)).toBe('The key "kind" is repeated.');
});

test('places are those of the text, before, in and after items that are not parsed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(MAP, POD, { ...POD, '10': 1, '9': [[]] }), { maxLength: 5 }),
      (items) => {
        const text = listOf(...items);
        const [all, some] = [parseDocuments(text, 'json'), parseWorkloadDocuments(text, 'json')];
        if (!all.ok || !some.ok) throw new Error('Both are read.');
        const [whole, part] = [all.documents[0], some.documents[0]];
        for (const path of pathsIn(part?.value)) {
          const isIn = path[0] === 'items' && items[Number(path[1])] === MAP;
          const expected = whole?.locate(isIn ? path.slice(0, 2) : path);
          expect([toPointer(path), part?.locate(path)]).toEqual([toPointer(path), expected]);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('all places are where the values are', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(0, 1, 2), (json, indent) => {
      const value: unknown = JSON.parse(json);
      const text = JSON.stringify(value, null, indent);
      const parsed = parseDocuments(text, 'json');
      if (!parsed.ok) return;
      const lines = text.split('\n');
      for (const path of pathsIn(value)) {
        const { line = 0, column = 0 } = parsed.documents[0]?.locate(path) ?? {};
        const rest = [lines[line - 1]?.slice(column - 1), ...lines.slice(line)].join('\n');
        const part = path.reduce((each: unknown, step) => Object(each)[step], value);
        expect(rest.replaceAll(/[ \n]/g, '').startsWith(JSON.stringify(part).replaceAll(/[ \n]/g, ''))).toBe(
          true,
        );
      }
    }),
    { numRuns: 500 },
  );
});

describe('limits', () => {
  const list = (...items: readonly string[]) => `{"items": [${items.join(',')}], "kind": "List"}`;
  const map = (count: number) =>
    `{"apiVersion": "v1", "kind": "ConfigMap", "data": [${'1,'.repeat(count - 1)}1]}`;
  const pod = (count: number) => map(count).replace('ConfigMap', 'Pod');
  /** The separators of an item besides those of its list. */
  const OWN = 2;

  test('an item has so many values, whether it is parsed or not', () => {
    for (const item of [map, pod]) {
      expect(fault(list(item(LIMITS.documentNodes + 1 - OWN)))).toBe(undefined);
      expect(fault(list(item(LIMITS.documentNodes + 2 - OWN)))).toBe(
        'An item of the list holds more than 100000 values.',
      );
    }
  });

  test('what is not parsed does not count for the whole', () => {
    const large = map(90_000);
    expect(fault(list(...Array(8).fill(large), pod(90_000)))).toBe(undefined);
    expect(fault(list(...Array(5).fill(pod(90_000))))).toBe('The document holds more than 400000 values.');
  });
});
