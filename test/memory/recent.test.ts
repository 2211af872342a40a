import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Recent } from '../../src/memory/recent.ts';

describe('what was used last', () => {
  test('is kept up to the bounds, and is what was set', () => {
    const step = fc.record({ key: fc.nat({ max: 12 }), weight: fc.nat({ max: 6 }), set: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const recent = new Recent<number, number>(12, (weight) => weight, 5);
        const model = new Map<number, number>();
        for (const { key, weight, set } of steps) {
          if (set) {
            recent.set(key, weight);
            model.set(key, weight);
            expect(recent.get(key)).toBe(weight);
          } else {
            const held = recent.get(key);
            if (held !== undefined) expect(held).toBe(model.get(key));
          }
          const kept = [...model.keys()].filter((each) => recent.get(each) !== undefined);
          expect(kept.length).toBeLessThanOrEqual(5);
          expect(kept.reduce((sum, each) => sum + (model.get(each) ?? 0), 0)).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('stays, and what was not used for longest goes', () => {
    const recent = new Recent<string, string>(3, () => 1);
    for (const key of ['a', 'b', 'c']) recent.set(key, key);
    recent.get('a');
    recent.set('d', 'd');
    expect(['a', 'b', 'c', 'd'].map((key) => recent.get(key))).toEqual(['a', undefined, 'c', 'd']);
  });

  test('what alone is too heavy is kept alone', () => {
    const recent = new Recent<string, number>(3, (weight) => weight);
    recent.set('light', 1);
    recent.set('heavy', 9);
    expect([recent.get('light'), recent.get('heavy')]).toEqual([undefined, 9]);
    expect(recent.makeRoom(1)).toEqual([9]);
  });
});
