import { describe, expect, test } from 'vitest';
import { Turns } from '../../src/policy-sets/turns.ts';

/** Goes on to whatever else is waiting. */
const next = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 0);
  });

describe('works that take turns', () => {
  test('are done one after the other, and each has its own result', async () => {
    const turns = new Turns(next);
    let underWay = 0;
    const most: number[] = [];
    const results = await Promise.all(
      Array.from({ length: 10 }, async (_, number) =>
        turns.take(async () => {
          underWay += 1;
          await next();
          await next();
          most.push(underWay);
          underWay -= 1;
          return number;
        }),
      ),
    );
    expect(most).toEqual(Array.from({ length: 10 }, () => 1));
    expect(results).toEqual(Array.from({ length: 10 }, (_, number) => number));
  });

  test('do not wait for one that failed', async () => {
    const turns = new Turns(next);
    const failing = turns.take(async () => {
      await next();
      throw new Error('It failed.');
    });
    const following = turns.take(async () => 'done');
    await expect(failing).rejects.toThrow('It failed.');
    expect(await following).toBe('done');
  });

  test('do not wait for ever for one that never ends, and then wait for each other', async () => {
    let waited = 0;
    const turns = new Turns(async (milliseconds) => {
      waited += milliseconds;
      await next();
    });
    let end = (): void => {};
    const cancelled = turns.take(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const order: string[] = [];
    let third: Promise<number> | undefined;
    await turns.take(async () => {
      expect(waited).toBe(20_000);
      // The first work ends after all. That gives nobody the turn of the second.
      end();
      await cancelled;
      third = turns.take(async () => order.push('third'));
      await next();
      await next();
      order.push('second');
    });
    await third;
    expect(order).toEqual(['second', 'third']);
  });
});
