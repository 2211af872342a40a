import { expect, test } from 'vitest';
import { forgetIsolate } from '../support/forget-isolate.ts';
import { send } from '../support/worker.ts';

test('the next test file has another isolate, and the same modules', async () => {
  await send('/healthz');
  const { createApp } = await import('../../src/app.ts');
  const { default: before } = await import('../../src/index.ts');
  forgetIsolate();
  const { default: after } = await import('../../src/index.ts');
  expect(after).not.toBe(before);
  expect((await import('../../src/index.ts')).default).toBe(after);
  // To load all of them again would cost half a second for each file.
  expect((await import('../../src/app.ts')).createApp).toBe(createApp);
});
