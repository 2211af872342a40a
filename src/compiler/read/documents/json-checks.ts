import { type JSONVisitor, printParseErrorCode, visit } from 'jsonc-parser';
import { LIMITS } from '../../model/limits.ts';
import { type Cut, ListItems } from './json-items.ts';
import { type Places, PlaceWriter } from './places.ts';
import type { SkippedKinds } from './skipped-documents.ts';
import { ILL_FORMED, PROTO, repeatedKey, TOO_DEEP, Unreadable } from './unreadable.ts';

/** What {@link checkJson} has found in a text. */
interface CheckedJson {
  /** Where its values begin. */
  readonly places: Places;
  /** The items of a list that need not be parsed, in the order of the text. */
  readonly cuts: readonly Cut[];
  /** Whether a key is written with an escape. */
  readonly hasEscapedKey: boolean;
}

/**
 * Refuses a JSON text that `JSON.parse` would fail at, that it would read otherwise than other parsers do, or
 * that is beyond our limits. It must run before `JSON.parse`, which has no limits of its own.
 *
 * @param nodes How many values the text may hold.
 * @param skipped Which objects of a list need not be parsed. They are checked as all others, and their values do not
 *   count.
 * @throws Unreadable at the first syntax error or exceeded limit; where there is none, for a string or a key
 *   that is not allowed; where there is none either, for a repeated key.
 */
export function checkJson(text: string, nodes: number, skipped: SkippedKinds): CheckedJson {
  const survey = new JsonSurvey(nodes, skipped);
  visit(text, survey.visitor, { disallowComments: true });
  const problem = survey.illFormed ?? survey.repeated;
  if (problem !== undefined) throw problem;
  return { places: survey.places.written(), cuts: survey.items.cuts, hasEscapedKey: survey.hasEscapedKey };
}

/** How many characters of a key are no part of it. */
const QUOTES = 2;

/** An object or a list that is open. */
interface Open {
  /** The keys seen so far in an object. RFC 8259 leaves it to parsers what a repeated key means. */
  readonly keys: Set<string> | undefined;
  /** The key of the next value, or its index. */
  next: string | number;
}

/** What one pass over a JSON text finds. Syntax errors and exceeded limits end the pass at once. */
class JsonSurvey {
  illFormed: Unreadable | undefined;
  repeated: Unreadable | undefined;
  readonly places = new PlaceWriter();
  readonly items: ListItems;
  hasEscapedKey = false;
  private readonly open: Open[] = [];
  private separators = 0;
  private readonly nodes: number;

  constructor(nodes: number, skipped: SkippedKinds) {
    this.nodes = nodes;
    this.items = new ListItems(skipped);
  }

  readonly visitor: JSONVisitor = {
    onObjectBegin: (at) => this.enter(at, new Set()),
    onObjectEnd: (at, length) => this.leave(at + length),
    onArrayBegin: (at) => this.enter(at, undefined),
    onArrayEnd: (at, length) => this.leave(at + length),
    onObjectProperty: (key, at, length) => {
      if (length !== key.length + QUOTES) this.hasEscapedKey = true;
      this.readKey(key, at);
    },
    onLiteralValue: (value: unknown, at) => {
      this.begin(at);
      if (typeof value === 'string') this.checkString(value);
      this.items.literal(this.open.length, value);
      this.places.close();
    },
    onSeparator: (character, at) => this.separate(character, at),
    onError: (error, at) => {
      throw new Unreadable(`Not JSON: ${inWords(printParseErrorCode(error))}.`, at);
    },
  };

  private begin(at: number): void {
    this.places.open(at, this.open.at(-1)?.next ?? '');
  }

  private enter(at: number, keys: Set<string> | undefined): void {
    this.begin(at);
    this.items.enter(this.open.length, keys !== undefined, at, this.separators);
    this.open.push({ keys, next: keys === undefined ? 0 : '' });
    if (this.open.length > LIMITS.depth) throw new Unreadable(TOO_DEEP, at);
  }

  private leave(end: number): void {
    const { keys = [] } = this.open.pop() ?? {};
    const before = this.items.leave(this.open.length, end, [...keys]);
    if (before === undefined) this.places.close();
    else {
      this.separators = before;
      this.places.closeEmpty();
    }
  }

  private readKey(key: string, at: number): void {
    if (key === '__proto__') this.illFormed ??= new Unreadable(PROTO, 0);
    this.checkString(key);
    const object = this.open.at(-1);
    if (object === undefined) return;
    if (object.keys?.has(key) === true) this.repeated ??= new Unreadable(repeatedKey(key), at);
    object.keys?.add(key);
    object.next = key;
    this.items.key(this.open.length, key);
  }

  private separate(character: string, at: number): void {
    if (character !== ',') return;
    const holder = this.open.at(-1);
    if (typeof holder?.next === 'number') holder.next += 1;
    this.separators += 1;
    if (this.separators > this.nodes)
      throw new Unreadable(`The document holds more than ${this.nodes} values.`, at);
    if (this.items.isTooLarge(this.separators))
      throw new Unreadable(`An item of the list holds more than ${LIMITS.documentNodes} values.`, at);
  }

  private checkString(text: string): void {
    if (!text.isWellFormed()) this.illFormed ??= new Unreadable(ILL_FORMED, 0);
  }
}

/** `PropertyNameExpected` as `property name expected`. */
function inWords(code: string): string {
  return code.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
