import { describe, expect, test } from 'vitest';
import type { PolicyBasis } from '../../src/cedar/basis.ts';
import { compare, FAULTS, faultyBasis, storedBasis } from '../support/differential.ts';
import type { World } from '../support/policy-worlds.ts';

describe('a decision by an index', () => {
  test('is what Cedar finds with everything: decision, reasons and errors', async () => {
    const tally = await compare(4_000, storedBasis);
    expect(tally.requests).toBeGreaterThanOrEqual(4_000);
    // It says nothing if one side never came up, or nothing was ever left out.
    expect(tally.allowed).toBeGreaterThan(200);
    expect(tally.failed).toBeGreaterThan(200);
    expect(tally.candidates).toBeLessThan(tally.policies / 2);
  });

  test.each(Object.entries(FAULTS))('is told from one where %s', async (_, spoil) => {
    let random = 1;
    // A linear congruential generator: the same every time.
    const next = (): number => {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      return random >>> 8;
    };
    const makeFaulty = (world: World): PolicyBasis => faultyBasis(world, (found) => spoil(found, next()));
    const faulty = compare(4_000, makeFaulty, { shrink: false });
    await expect(faulty).rejects.toThrow('with the index');
  });
});
