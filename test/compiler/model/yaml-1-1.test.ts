import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { editResourceList } from '../../../src/api/krm/resource-list-yaml.ts';
import { compile } from '../../../src/compiler/emit/compile.ts';
import { manifestYaml } from '../../../src/compiler/emit/manifest-yaml.ts';
import type { Manifest } from '../../../src/compiler/emit/tracing-policy.ts';
import { DEFAULT_OPTIONS } from '../../../src/compiler/model/options.ts';
import { parseDocuments } from '../../../src/compiler/read/documents.ts';
import { kustomizeComponent } from '../../../src/outputs/kustomize.ts';
import { runs } from '../../support/runs.ts';
import { app, service, workload } from '../../support/services.ts';

/** Reads a text as YAML 1.1 does. Keys that are no strings there come out of a Map as what they are. */
function readAsYaml11(text: string): unknown {
  return parse(text, { version: '1.1', schema: 'yaml-1.1', mapAsMap: true, intAsBigInt: false });
}

const WORDS =
  'y Y n N yes Yes YES no on On ON off OFF true True TRUE false null Null ~ = << 0 1 01 010 08 0o10 0x1F 0b101 1_000 1e3 1.0 .5 +1 -1 1:30 12:30:45 .inf .NaN 2001-01-01 2001-12-14t21:59:43.10-05:00 e1 e8042579'.split(
    ' ',
  );
const word = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...WORDS) },
  {
    weight: 3,
    arbitrary: fc.string({
      unit: fc.constantFrom(...'0123456789abefnoyxNOY.:_+-eE~='),
      minLength: 1,
      maxLength: 7,
    }),
  },
);

describe('plain keys of the input', () => {
  test.each(
    WORDS.filter(
      (each) =>
        !['true', 'false', '0', '1', '-1', 'null', 'Null', '~', '<<', 'e1', 'e8042579'].includes(each),
    ),
  )('%s is refused until it is quoted', (key) => {
    const plain = parseDocuments(`a:\n  ${key}: v\n`, 'yaml');
    expect(plain.ok ? '' : plain.faults[0]).toEqual({
      message: `The key ${key} is not a string to every reader of YAML: kubectl reads some such words as true, false, null or a number. Quote it: "${key}".`,
      position: { line: 2, column: 3 },
    });
    const quoted = parseDocuments(`a:\n  "${key}": v\n`, 'yaml');
    expect(quoted.ok && quoted.documents[0]?.value).toEqual({ a: { [key]: 'v' } });
  });

  test.each([
    ['an anchored key', '&x on: v'],
    ['an alias of a value', 'a: &x on\n*x : v'],
    ['a key in a flow mapping', '{on: v}'],
    ['an explicit key', '? on\n: v'],
  ])('%s', (_, text) => {
    expect(parseDocuments(text, 'yaml').ok).toBe(false);
  });

  test('a tag makes a string of it for every reader', () => {
    const parsed = parseDocuments('!!str on: v', 'yaml');
    expect(parsed.ok && parsed.documents[0]?.value).toEqual({ on: 'v' });
  });

  test('what is accepted is the same key to a reader of YAML 1.1', () => {
    let accepted = 0;
    fc.assert(
      // The reader here alone takes `e8042579` for a number; those in Go do not.
      fc.property(
        word.filter((each) => !/^[-+]?e[-+]?[0-9_]+$/i.test(each)),
        (key) => {
          const text = `${key}: v\n`;
          const parsed = parseDocuments(text, 'yaml');
          if (!parsed.ok || parsed.documents.length !== 1) return;
          const { value } = parsed.documents[0] ?? {};
          if (typeof value !== 'object' || value === null) return;
          const other = readAsYaml11(text);
          if (!(other instanceof Map)) throw new Error(`not a mapping to YAML 1.1: ${text}`);
          accepted += 1;
          expect([...other.keys()].map(String)).toEqual(Object.keys(value));
        },
      ),
      { numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });
});

test('an octal number is what kubectl takes it for', () => {
  const parsed = parseDocuments('a: 0644\nb: 0o17\nc: 08\nd: "0644"\n', 'yaml');
  expect(parsed.ok && parsed.documents[0]?.value).toEqual({ a: 420, b: 15, c: 8, d: '0644' });
});

describe('keys and values of the output', () => {
  const [base] = compile(workload(service([app()])), DEFAULT_OPTIONS).manifests;
  if (base === undefined) throw new Error('no manifest');
  const selecting = (key: string, value: string): Manifest => ({
    ...base,
    spec: { ...base.spec, podSelector: { matchLabels: { [key]: value } } },
  });
  const strings = fc.oneof(word, fc.string({ maxLength: 12 }));
  /** Every key and string of a value read as YAML 1.1. */
  const find = (value: unknown, steps: readonly string[]): unknown =>
    steps.reduce<unknown>((at, step) => (at instanceof Map ? at.get(step) : undefined), value);

  test('a policy selects the same label to a reader of YAML 1.1', () => {
    fc.assert(
      fc.property(strings, strings, (key, value) => {
        const expected = new Map([[key, value]]);
        const yaml = manifestYaml([selecting(key, value)]);
        expect(find(readAsYaml11(yaml), ['spec', 'podSelector', 'matchLabels'])).toEqual(expected);
        const edited = editResourceList(
          'kind: ResourceList\nitems: []\n',
          [{ added: selecting(key, value) }],
          [{ message: 'x', tags: { [key]: value } }],
        );
        const list = readAsYaml11(edited);
        const [item] = [find(list, ['items'])].flat();
        expect(find(item, ['spec', 'podSelector', 'matchLabels'])).toEqual(expected);
        const [result] = [find(list, ['results'])].flat();
        expect(find(result, ['tags'])).toEqual(expected);
      }),
      runs(1_000),
    );
  });

  test('a Kustomize component adds the same label to a reader of YAML 1.1', () => {
    fc.assert(
      fc.property(strings, strings, (key, value) => {
        const component = readAsYaml11(
          kustomizeComponent([
            {
              target: { apiVersion: 'v1', kind: 'Pod', name: 'on', namespace: 'y' },
              jsonPatch: [],
              merge: { metadata: { labels: { [key]: value } } },
            },
          ]),
        );
        const [patch] = [find(component, ['patches'])].flat();
        expect(find(patch, ['target', 'namespace'])).toBe('y');
        const text = find(patch, ['patch']);
        if (typeof text !== 'string') throw new Error('no text');
        expect(find(readAsYaml11(text), ['metadata', 'labels'])).toEqual(new Map([[key, value]]));
      }),
      runs(1_000),
    );
  });
});
