/**
 * How the texts of settings become values. The message of each schema says which value is expected.
 * @module
 */
import { z } from 'zod';

/** Takes an empty text for a setting that is left out: a variable of a Worker can be emptied, but not removed. */
export const unset = (value: unknown): unknown => (value === '' ? undefined : value);

/** `on` or `off`, which is the default, as a boolean. */
export const onOff = z.preprocess(
  unset,
  z
    .enum(['on', 'off'], { error: 'Expected on or off.' })
    .default('off')
    .transform((value) => value === 'on'),
);

/**
 * A whole number of at least 1.
 *
 * @param fallback The default, as the setting would have it.
 */
export const count = (fallback: string) =>
  z.preprocess(
    unset,
    z
      .string()
      .regex(/^[1-9][0-9]{0,5}$/, 'Expected a whole number from 1 to 999999.')
      .default(fallback)
      .transform(Number),
  );

/**
 * A comma-separated list, which is empty when the setting is left out.
 *
 * @param isValid Whether an item is valid.
 * @param expected What the items are, with an example, to complete the sentence "Expected …".
 */
export const list = (isValid: (each: string) => boolean, expected: string) =>
  z.preprocess(
    unset,
    z
      .string()
      .default('')
      .transform((text) =>
        text
          .split(',')
          .map((each) => each.trim())
          .filter((each) => each !== ''),
      )
      .refine((values) => values.every(isValid), `Expected ${expected}, separated by commas.`),
  );

/** The value that a JSON text stands for, to be parsed further. */
export const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'Expected JSON.' });
    return z.NEVER;
  }
});
