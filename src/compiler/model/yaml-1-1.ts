/**
 * Plain scalars that YAML 1.1 reads otherwise than YAML 1.2 does. kubectl, kustomize and Helm read YAML 1.1, but their
 * readers do not agree on all of it. A scalar counts here if any of them reads it otherwise.
 * @module
 */

/** Booleans and nulls in every case, the merge key, and the sign of the type "value". */
const WORD = /^(?:y|n|yes|no|on|off|true|false|null|~|<<|=)?$/i;
/** Integers: binary, octal, hexadecimal, with underscores, in sexagesimal places. */
const INTEGER = /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*)$/i;
/** Floating point numbers; some readers take `e8042579` for one too. */
const FLOAT =
  /^[-+]?(?:(?:[0-9][0-9_]*)?\.[0-9_]*(?:e[-+]?[0-9]+)?|[0-9][0-9_]*(?:e[-+]?[0-9]+)?|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|\.inf|\.nan)$/i;
const TIMESTAMP = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt \t])/;

/**
 * Whether a plain scalar is a string to every reader of YAML 1.1.
 *
 * @example
 * isStringInYaml11('on'); // => false
 * isStringInYaml11('online'); // => true
 */
export function isStringInYaml11(source: string): boolean {
  return !WORD.test(source) && !INTEGER.test(source) && !FLOAT.test(source) && !TIMESTAMP.test(source);
}

/** Whether a plain scalar is an octal number in YAML 1.1, and a decimal one in YAML 1.2. */
export function isOctal(source: string): boolean {
  return /^[-+]?0[0-7]+$/.test(source);
}
