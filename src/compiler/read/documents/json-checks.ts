import { type JSONVisitor, printParseErrorCode, visit } from 'jsonc-parser';
import { LIMITS } from '../../model/limits.ts';
import { ILL_FORMED, PROTO, repeatedKey, TOO_DEEP, Unreadable } from './unreadable.ts';

/**
 * Refuses a JSON text that `JSON.parse` would fail at, that it would read otherwise than other parsers do, or
 * that is beyond our limits. It must run before `JSON.parse`, which has no limits of its own.
 *
 * @param nodes How many values the text may hold.
 * @throws Unreadable at the first syntax error or exceeded limit; where there is none, for a string or a key
 *   that is not allowed; where there is none either, for a repeated key.
 */
export function checkJson(text: string, nodes: number): void {
  const survey = new JsonSurvey(nodes);
  visit(text, survey.visitor, { disallowComments: true });
  const problem = survey.illFormed ?? survey.repeated;
  if (problem !== undefined) throw problem;
}

/** What one pass over a JSON text finds. Syntax errors and exceeded limits end the pass at once. */
class JsonSurvey {
  illFormed: Unreadable | undefined;
  repeated: Unreadable | undefined;
  /** The keys seen so far in each object that is open. RFC 8259 leaves it to parsers what a repeated key means. */
  private readonly openKeys: Set<string>[] = [];
  private depth = 0;
  private separators = 0;
  private readonly nodes: number;

  constructor(nodes: number) {
    this.nodes = nodes;
  }

  readonly visitor: JSONVisitor = {
    onObjectBegin: (at) => {
      this.enter(at);
      this.openKeys.push(new Set());
    },
    onObjectEnd: () => {
      this.depth -= 1;
      this.openKeys.pop();
    },
    onArrayBegin: (at) => this.enter(at),
    onArrayEnd: () => {
      this.depth -= 1;
    },
    onObjectProperty: (key, at) => this.readKey(key, at),
    onLiteralValue: (value: unknown) => {
      if (typeof value === 'string') this.checkString(value);
    },
    onSeparator: (character, at) => {
      if (character !== ',') return;
      this.separators += 1;
      if (this.separators > this.nodes)
        throw new Unreadable(`The document holds more than ${this.nodes} values.`, at);
    },
    onError: (error, at) => {
      throw new Unreadable(`Not JSON: ${inWords(printParseErrorCode(error))}.`, at);
    },
  };

  private enter(at: number): void {
    this.depth += 1;
    if (this.depth > LIMITS.depth) throw new Unreadable(TOO_DEEP, at);
  }

  private readKey(key: string, at: number): void {
    if (key === '__proto__') this.illFormed ??= new Unreadable(PROTO, 0);
    this.checkString(key);
    const seen = this.openKeys.at(-1);
    if (seen?.has(key) === true) this.repeated ??= new Unreadable(repeatedKey(key), at);
    seen?.add(key);
  }

  private checkString(text: string): void {
    if (!text.isWellFormed()) this.illFormed ??= new Unreadable(ILL_FORMED, 0);
  }
}

/** `PropertyNameExpected` as `property name expected`. */
function inWords(code: string): string {
  return code.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
