import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSamePath, toPointer } from '../../../src/compiler/model/pointer.ts';

const step = fc.oneof(
  fc.nat(12),
  fc.string({ unit: fc.constantFrom(...'a0~/1'), maxLength: 3 }),
  fc.string({ maxLength: 3 }),
);
const path = fc.array(step, { maxLength: 3 });

test('a pointer has each step after a slash, with the escapes of RFC 6901', () => {
  fc.assert(
    fc.property(path, (steps) => {
      const written = steps.map((each) => String(each).replace(/~/g, '~0').replace(/\//g, '~1'));
      expect(toPointer(steps)).toBe(written.map((each) => `/${each}`).join(''));
    }),
  );
});

test('paths are the same exactly when their pointers are', () => {
  fc.assert(
    fc.property(
      path,
      fc.oneof(path, fc.constant(undefined)),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      (a, other, asText) => {
        const b = other ?? a.map((each, index) => (asText[index] ? String(each) : each));
        expect(isSamePath(a, b)).toBe(toPointer(a) === toPointer(b));
      },
    ),
    { numRuns: 1_000 },
  );
});
