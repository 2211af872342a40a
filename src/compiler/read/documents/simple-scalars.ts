import { isOctal, isStringInYaml11 } from '../../model/yaml-1-1.ts';

/** What the words of the core schema stand for. */
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);
const LONGEST_WORD = 5;

/** Numbers that JavaScript holds exactly, or as the fraction next to them: of so few digits, none is rounded to an integer. */
const DECIMAL = /^-?(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,5})?$/;
const SHORT_OCTAL = /^0[0-7]{1,9}$/;
/** What may be a number of the core schema. */
const NUMBER =
  /^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+\.?[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|nan))$/i;

/**
 * What a scalar without quotes says in the core schema; undefined for a number in another than the usual spelling.
 *
 * @example
 * ['web', '8080', '0644', '100m', 'true', '1e3'].map(unquotedValue); // => ['web', 8080, 420, '100m', true, undefined]
 */
export function unquotedValue(source: string): string | number | boolean | null | undefined {
  if (source.length <= LONGEST_WORD) {
    const word = WORDS.get(source);
    if (word !== undefined) return word;
  }
  // A number begins with a sign, a dot or a digit, which stand before all letters.
  if (source.charCodeAt(0) > NINE) return source;
  if (DECIMAL.test(source)) return Number(source);
  // As kubectl reads it: defaultMode: 0644 is 420.
  if (SHORT_OCTAL.test(source) && isOctal(source)) return Number.parseInt(source, 8);
  return NUMBER.test(source) ? undefined : source;
}

const NINE = 57;

/** Finds scalars that end on the line on which they begin. */
export class SimpleScalars {
  /** Where the scalar ends that was read last. */
  end = 0;
  readonly #text: string;
  // Each pattern is for one place of the text at a time, and none goes beyond the end of a line.
  readonly #key = /[A-Za-z_][\w./-]*(?=:(?:[ \n]|$))/y;
  /** A scalar in blocks: words, in which a colon or a hash means something only beside a space. */
  readonly #unquoted = /(?:[\w./$(+~<=\\^;]|-(?=\S))(?: *(?:[^\s:#]+|:(?=\S)|(?<=\S)#))*/y;
  /** A scalar in a list or mapping in brackets, in which these and commas mean something too. */
  readonly #unquotedInBrackets =
    /(?:[\w./$(+~<=\\^;]|-(?=[\w./$-]))(?: *(?:[^\s:#,[\]{}?]+|:(?=[\w./$-])))*/y;
  readonly #single = /'(?:[^'\t\n]|'')*'/y;
  readonly #double = /"(?:[^"\\\t\n]|\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}))*"/y;

  constructor(text: string) {
    this.#text = text;
  }

  /** A key before a colon, which is a string to every reader; undefined where there is none. {@link end} is at the colon. */
  key(at: number): string | undefined {
    const quoted = this.quoted(at);
    if (quoted !== undefined) return this.#isBeforeColon() ? quoted : undefined;
    const key = this.#match(this.#key, at);
    // What begins with a letter or an underscore and is no string is a word, such as "on".
    return key === undefined || (key.length <= LONGEST_WORD && !isStringInYaml11(key)) ? undefined : key;
  }

  /** A scalar without quotes; undefined where there is none, and where its value is not certain. */
  unquoted(at: number, inBrackets: boolean): string | number | boolean | null | undefined {
    const source = this.#match(inBrackets ? this.#unquotedInBrackets : this.#unquoted, at);
    return source === undefined ? undefined : unquotedValue(source);
  }

  /** A string in quotes; undefined where there is none, and where it has rare escapes or goes on in the next line. */
  quoted(at: number): string | undefined {
    const quote = this.#text[at];
    if (quote === "'") return this.#match(this.#single, at)?.slice(1, -1).replaceAll("''", "'");
    if (quote !== '"') return undefined;
    const source = this.#match(this.#double, at);
    if (source?.includes('\\') !== true) return source?.slice(1, -1);
    // Of these escapes, JSON and YAML make the same.
    const value: unknown = JSON.parse(source);
    return typeof value === 'string' ? value : undefined;
  }

  #isBeforeColon(): boolean {
    const after = this.#text[this.end + 1];
    return this.#text[this.end] === ':' && (after === ' ' || after === '\n' || after === undefined);
  }

  #match(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at;
    if (!pattern.test(this.#text)) return undefined;
    this.end = pattern.lastIndex;
    return this.#text.slice(at, this.end);
  }
}
