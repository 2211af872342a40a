import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { editResourceList } from '../../../src/api/krm/resource-list-yaml.ts';
import { deployment } from '../../support/kubernetes.ts';
import { runs } from '../../support/runs.ts';
import { compiled } from '../../support/services.ts';

/** Strings that one reader or another takes for something else. */
const tricky = fc.constantFrom(
  'on',
  'no',
  '0644',
  '0x1f',
  '1e3',
  '1_000',
  '12:30:45',
  '~',
  'null',
  '',
  ' lead',
  'trail ',
  'two\nlines',
  'ends\n',
  '\n\nblank',
  '# no comment',
  'a: b',
  '- item',
  '"quoted"',
  "it's",
  '{flow}',
  '%d',
  '&a',
  '*a',
  '!t',
  '\u2028',
  'tab\there',
);
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    tricky,
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(tricky, fc.stringMatching(/^[a-z./-]{1,9}$/)), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}));
const style = fc.record({
  defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
  blockQuote: fc.constantFrom(true, false, 'folded' as const, 'literal' as const),
  lineWidth: fc.constantFrom(0, 20, 80),
  collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
});

test('whatever is kept in a ResourceList means the same to every reader, and a second pass changes nothing', () => {
  fc.assert(
    fc.property(fc.array(json, { maxLength: 3 }), style, (values, options) => {
      const items = values.map((value) => ({ kind: 'ConfigMap', value }));
      const list = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items };
      const text = stringify(list, { ...options, aliasDuplicateObjects: false, version: '1.1' });
      const kept = items.map((_, index) => ({ kept: index }));
      const once = editResourceList(text, kept, []);
      expect(parse(once, { version: '1.2' })).toEqual(parse(text, { version: '1.2' }));
      expect(parse(once, { version: '1.1' })).toEqual(parse(text, { version: '1.1' }));
      expect(editResourceList(once, kept, [])).toBe(once);
    }),
    runs(2_000),
  );
});

/** Plain scalars that readers of YAML 1.1 and 1.2 take for different values, or would write otherwise. */
const plain = fc.constantFrom(
  '0644',
  '0o17',
  '0x1F',
  '1_000',
  '1.20',
  '1e3',
  '.inf',
  '12345678901234567890',
  '12:30:45',
  '2026-01-01',
  'on',
  'No',
  'y',
  '~',
  'NULL',
  '',
);

test('plain scalars keep their spelling, whatever it means to whom', () => {
  fc.assert(
    fc.property(fc.array(plain, { minLength: 1, maxLength: 6 }), (values) => {
      const lines = values.map((value, index) => `  key${index}: ${value}`.trimEnd());
      const text = `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- kind: Any\n${lines.join('\n')}\n`;
      const once = editResourceList(text, [{ kept: 0 }], []);
      for (const version of ['1.1', '1.2'] as const)
        expect(parse(once, { version })).toEqual(parse(text, { version }));
    }),
    runs(500),
  );
});

const POLICY = compiled(deployment({}, { annotations: {} })).manifests[0];
const COMMENT = fc.constantFrom('# a', '  # b', '    # c', '', '      # d');

test('comments and blank lines anywhere stay where they are, to the byte, whatever is added or removed', () => {
  const lines = [
    'apiVersion: config.kubernetes.io/v1',
    'kind: ResourceList',
    'items:',
    '- # leading',
    '  apiVersion: v1',
    '  kind: ConfigMap',
    '  metadata:',
    '    name: a',
    '- apiVersion: v1',
    '  kind: Secret',
    'functionConfig:',
    '  a: 1',
  ];
  const place = fc.record({ at: fc.nat(lines.length), comment: COMMENT });
  fc.assert(
    fc.property(fc.array(place, { maxLength: 5 }), (places) => {
      const all = [...lines];
      for (const { at, comment } of places) all.splice(at, 0, comment);
      const text = `${all.join('\n')}\n`;
      const kept = [{ kept: 0 }, { kept: 1 }];
      expect(editResourceList(text, kept, [])).toBe(text);
      if (POLICY === undefined) throw new Error('There is no policy.');
      const added = editResourceList(text, [...kept, { added: POLICY }], []);
      expect(parse(added).items).toHaveLength(3);
      expect(editResourceList(added, [...kept, { kept: 2 }], [])).toBe(added);
      expect(editResourceList(added, kept, [])).toBe(text);
      const told = editResourceList(text, kept, [{ message: 'x' }]);
      expect(told.startsWith(text)).toBe(true);
      expect(editResourceList(told, kept, [])).toBe(text);
    }),
    runs(1_000),
  );
});
