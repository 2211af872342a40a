import { runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { Outbox } from '../../src/policy-sets/outbox.ts';
import { registry } from '../support/policy-sets.ts';

const LONG = 1_200_000;

test('values that are replaced while others are sent go out whole, and the newest last', async () => {
  await runInDurableObject(registry('outbox'), async (_, { storage }) => {
    const put: (readonly [key: string, value: string])[] = [];
    let replaced = false;
    const kv = {
      put: async (key: string, value: string): Promise<void> => {
        put.push([key, value]);
        if (replaced) return;
        replaced = true;
        outbox.add('mutable', 'grows', 'B'.repeat(LONG));
        outbox.add('mutable', 'shrinks', 'short');
        await Promise.resolve();
      },
    };
    const outbox: Outbox = new Outbox(
      storage.sql,
      () => kv,
      () => {},
    );
    for (let index = 0; index < 6; index += 1) outbox.add('mutable', `other ${index}`, 'x');
    outbox.add('mutable', 'grows', 'A'.repeat(10));
    outbox.add('mutable', 'shrinks', 'C'.repeat(LONG));
    await outbox.flush();
    await outbox.flush();
    expect(outbox.pending()).toBe(0);
    const told = (wanted: string): string[] =>
      put
        .filter(([key]) => key === wanted)
        .map(([, value]) => `${value.length} ${[...new Set(value)].join('')}`);
    expect(told('grows')).toEqual([`${LONG} B`]);
    expect(told('shrinks')).toEqual(['5 short']);
  });
});
