import { z } from 'zod';
import { type CompileOptions, CompileOptionsSchema, DEFAULT_OPTIONS, effectiveOptions } from './options.ts';
import { parseValue } from './parse.ts';

/** The schemas of the compile options by name. A new option joins this table without a change here. */
const OPTIONS: Readonly<Record<string, z.ZodType>> = CompileOptionsSchema.shape;

/** How many values of one option a policy set may list. */
const MOST_VALUES = 16;

/** The schema of the values of one option that a policy set allows, each written as in a query parameter. */
function allowedValues(name: string, schema: z.ZodType) {
  const usual = Object.entries(effectiveOptions(DEFAULT_OPTIONS)).find(([each]) => each === name)?.[1];
  const isList = Array.isArray(usual);
  const typed = (text: string): unknown => {
    if (typeof usual === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
    return isList ? [text] : text;
  };
  return z
    .array(z.string())
    .min(1)
    .max(MOST_VALUES)
    .superRefine((values, context) => {
      for (const [index, text] of values.entries()) {
        const parsed = parseValue(schema, typed(text));
        if (parsed.ok) continue;
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `The option ${name} of a compilation has no such value: ${parsed.issues[0]?.message ?? ''}`,
        });
      }
    })
    .optional()
    .meta({
      description: `The values of the option \`${name}\` that a compilation may use${isList ? ', each of its list' : ''}; any when left out.`,
      examples: [[usual].flat().map(String)],
    });
}

/** The values of compile options that a policy set lets its callers use. */
export const AllowedOptionsSchema = z
  .strictObject(
    Object.fromEntries(Object.entries(OPTIONS).map(([name, schema]) => [name, allowedValues(name, schema)])),
  )
  .meta({
    id: 'AllowedOptions',
    description:
      'The values of compile options that callers may use. An option that is left out may have any value.',
    examples: [{ mode: ['enforce'], rootfsMagic: ['0x794c7630'] }],
  });
/** The values of compile options that a policy set lets its callers use. */
export type AllowedOptions = z.output<typeof AllowedOptionsSchema>;

/** A value of an option that is not allowed. */
export interface ForbiddenOption {
  readonly option: string;
  readonly value: string;
  readonly allowed: readonly string[];
}

/**
 * The first option whose value is not allowed; undefined when all are. An option that the caller left out counts
 * with its default.
 *
 * @example
 * const options = { ...DEFAULT_OPTIONS, mode: 'monitor' };
 * forbiddenOption(options, { mode: ['enforce'] }); // => { option: 'mode', value: 'monitor', allowed: ['enforce'] }
 */
export function forbiddenOption(
  options: CompileOptions,
  allowed: AllowedOptions | undefined,
): ForbiddenOption | undefined {
  for (const [option, given] of Object.entries(effectiveOptions(options))) {
    const values = allowed?.[option];
    if (values === undefined) continue;
    const known = new Set(values.map(plain));
    const value = [given]
      .flat()
      .map(String)
      .find((each) => !known.has(plain(each)));
    if (value !== undefined) return { option, value, allowed: values };
  }
  return undefined;
}

/** The decimal spelling of a number that may be written in hexadecimal; any other value as it is. */
function plain(value: string): string {
  return /^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(value) ? String(Number(value)) : value;
}
