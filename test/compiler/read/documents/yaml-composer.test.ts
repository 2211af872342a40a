import { expect, test } from 'vitest';
import { Composer, Parser } from 'yaml';
import { errorHookOf } from '../../../../src/compiler/read/documents/yaml-composer.ts';

test('the composer of this version of yaml calls the function that our limit of errors replaces', () => {
  const composer = new Composer();
  expect(errorHookOf(composer)).toBeTypeOf('function');
  let calls = 0;
  const count = (): void => {
    calls += 1;
  };
  Object.defineProperty(composer, 'onError', { value: count });
  const tokens = new Parser().parse('a: "" ""\nb: "" ""\n');
  for (const document of composer.compose(tokens)) expect(document.errors).toEqual([]);
  expect(calls).toBe(2);
});

test.each([
  ['no such field', {}],
  ['a field that is no function', { onError: [] }],
])('with %s, the module does not load', (_, composer) => {
  expect(() => errorHookOf(composer)).toThrow(
    'The Composer of the package yaml has no function onError any more, so its errors cannot be limited.',
  );
});
