import { scalarType } from '../../compiler/emit/yaml-scalars.ts';

/**
 * A text as a YAML scalar on one line, which every reader of YAML 1.1 and 1.2 reads as this text.
 *
 * @example
 * scalarText('/bin/sh'); // => '/bin/sh'
 * scalarText('*'); // => '"*"'
 */
export function scalarText(text: string): string {
  return scalarType(text) === 'PLAIN' ? text : JSON.stringify(text);
}
