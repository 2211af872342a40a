import { Scalar } from 'yaml';
import { isStringInYaml11 } from '../model/yaml-1-1.ts';

/** Matches names and paths, which are the only strings that are written without quotes. */
const PLAIN = /^[A-Za-z/][A-Za-z0-9/_.-]*[A-Za-z0-9]$/;

/** Matches a string such as `e5`, which some readers of YAML 1.1 read as a number in exponential notation. */
const EXPONENT = /^e[-+]?[0-9_]+$/i;

/** The style in which a key or value must be written so that every reader of YAML 1.1 reads it as a string. */
export function scalarType(text: string): 'PLAIN' | 'QUOTE_DOUBLE' {
  return PLAIN.test(text) && isStringInYaml11(text) && !EXPONENT.test(text)
    ? Scalar.PLAIN
    : Scalar.QUOTE_DOUBLE;
}
