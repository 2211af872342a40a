/**
 * Reads fields of parsed JSON whose shape is not known. A field of an unexpected type counts as absent, because Tetragon
 * adds and changes fields from release to release.
 * @module
 */

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object, and neither an array nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object in a field; undefined when there is none. */
export function objectIn(value: JsonObject | undefined, key: string): JsonObject | undefined {
  const field = own(value, key);
  return isObject(field) ? field : undefined;
}

/** The text in a field; empty when there is none, because proto3 leaves empty texts out. */
export function textIn(value: JsonObject | undefined, key: string): string {
  const field = own(value, key);
  return typeof field === 'string' ? field : '';
}

/** The boolean in a field; undefined when there is none. */
export function booleanIn(value: JsonObject | undefined, key: string): boolean | undefined {
  const field = own(value, key);
  return typeof field === 'boolean' ? field : undefined;
}

/**
 * The whole number in a field; undefined when there is none that a number can hold exactly. proto3 writes numbers of 64
 * bits as texts.
 *
 * @example
 * numberIn({ size_arg: '2035054128' }, 'size_arg'); // => 2035054128
 * numberIn({ size_arg: '18446744073709551615' }, 'size_arg'); // => undefined
 */
export function numberIn(value: JsonObject | undefined, key: string): number | undefined {
  const field = own(value, key);
  const number = typeof field === 'string' && /^-?[0-9]{1,16}$/.test(field) ? Number(field) : field;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** The list in a field; empty when there is none. */
export function listIn(value: JsonObject | undefined, key: string): readonly unknown[] {
  const field = own(value, key);
  return Array.isArray(field) ? field : [];
}

/** The texts of a mapping in a field, such as labels. Other values are left out. */
export function textsIn(value: JsonObject | undefined, key: string): Readonly<Record<string, string>> {
  const field = objectIn(value, key);
  if (field === undefined) return {};
  return Object.fromEntries(
    Object.entries(field).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function own(value: JsonObject | undefined, key: string): unknown {
  return value !== undefined && Object.hasOwn(value, key) ? value[key] : undefined;
}
