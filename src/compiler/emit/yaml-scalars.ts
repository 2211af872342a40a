import { Scalar } from 'yaml';
import { isStringInYaml11 } from '../model/yaml-1-1.ts';

const PLAIN = /^[A-Za-z/][A-Za-z0-9/_.-]*[A-Za-z0-9]$/;

/** Some readers of YAML 1.1 take it for a number. */
const EXPONENT = /^e[-+]?[0-9_]+$/i;

/** How a string must be written, as a key or a value, so that every reader of YAML 1.1 takes it for one. */
export function scalarType(text: string): 'PLAIN' | 'QUOTE_DOUBLE' {
  return PLAIN.test(text) && isStringInYaml11(text) && !EXPONENT.test(text)
    ? Scalar.PLAIN
    : Scalar.QUOTE_DOUBLE;
}
