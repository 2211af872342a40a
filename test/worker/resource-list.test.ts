import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { editResourceList } from '../../src/api/resource-list-yaml.ts';

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
    { numRuns: 2_000 },
  );
});
