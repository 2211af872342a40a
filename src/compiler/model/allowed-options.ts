import { z } from 'zod';
import { type CompileOptions, CompileOptionsSchema, DEFAULT_OPTIONS, effectiveOptions } from './options.ts';
import { parseValue } from './parse.ts';

/** The options of a compilation by name, as whatever they are declared: new ones join by themselves. */
const OPTIONS: Readonly<Record<string, z.ZodType>> = CompileOptionsSchema.shape;

const MOST_VALUES = 16;

/** The values of one option that a policy set allows, each in the words of a query parameter. */
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
export type AllowedOptions = z.output<typeof AllowedOptionsSchema>;

/** A value of an option that is not allowed. */
export interface ForbiddenOption {
  readonly option: string;
  readonly value: string;
  readonly allowed: readonly string[];
}

/** The first option, if there is one, whose value is not among those that are allowed; left-out ones have defaults. */
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

/** One spelling for a number that may be written in hexadecimal. */
function plain(value: string): string {
  return /^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(value) ? String(Number(value)) : value;
}
