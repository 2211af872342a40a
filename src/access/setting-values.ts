import { z } from 'zod';

/** A setting with an empty value counts as left out. */
export const unset = (value: unknown): unknown => (value === '' ? undefined : value);

/** A switch: `on`, or `off` when it is left out. */
export const onOff = z.preprocess(
  unset,
  z
    .enum(['on', 'off'], { error: 'Expected on or off.' })
    .default('off')
    .transform((value) => value === 'on'),
);

/** A whole number of at least 1; `fallback` when it is left out. */
export const count = (fallback: string) =>
  z.preprocess(
    unset,
    z
      .string()
      .regex(/^[1-9][0-9]{0,5}$/, 'Expected a number of at least 1.')
      .default(fallback)
      .transform(Number),
  );

/** A comma-separated list; none when the setting is left out. */
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

/** A setting that holds JSON. */
export const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'Expected JSON.' });
    return z.NEVER;
  }
});
