/**
 * The index of a version's policies as KV holds it, beside the version's body: how policies are found, and
 * where in the text of the body each stands, so that a request reads only those that matter to it.
 *
 * It is made from the body alone, begins with a digest of itself and names the body's. One that is not
 * whole, or belongs to something else, is made anew.
 *
 * Its first line is that digest, its second a JSON object ({@link Head}), and the rest the terms of each
 * policy as JSON, one after another: most of them are never read.
 * @module
 */
import { termsOfText } from '../cedar/basis.ts';
import { buildIndex, type IndexData } from '../cedar/policy-index.ts';
import type { PolicyTerms, Test } from '../cedar/policy-terms.ts';
import { Recent } from '../cedar/recent.ts';
import { entitiesFailure } from '../cedar/schema.ts';
import { digestOf } from './canonical.ts';
import type { VersionContent } from './model.ts';

/** The part of an index that is always read. */
interface Head extends IndexData {
  /** The digest of the body. */
  readonly digest: string;
  /** Where the object `policies` begins in the body and ends, with its braces, in bytes. */
  readonly from: number;
  readonly to: number;
  /** The length of each member of it (`"id":"text"`), in its order, in bytes. */
  readonly lengths: readonly number[];
  /** The length of each policy's terms, in bytes. */
  readonly termLengths: readonly number[];
  /** Tests that several policies have. */
  readonly shared: readonly Test[];
}

/** Terms as they are stored: a number stands for a shared test. */
type StoredTerms = readonly [tests: readonly (Test | number)[], rest?: PolicyTerms['rest']];

/**
 * The longest index, in bytes, that a publication hands to the registry: a row of SQLite there holds 2 MB.
 * Whoever first needs a longer one makes and stores it.
 */
const LONGEST = 1_900_000;

/**
 * Makes the index of a body, from the content that it was written from.
 *
 * @param known The terms of policies that have been read already.
 * @throws Error when Cedar could not use the version's entities: then its policies must not be used either.
 */
export async function makeIndex(
  digest: string,
  body: string,
  { policies, entities }: Pick<VersionContent, 'policies' | 'entities'>,
  known: ReadonlyMap<string, PolicyTerms> = new Map(),
): Promise<string> {
  const failure = entitiesFailure(entities);
  if (failure !== undefined) throw new Error(`Cedar cannot use the entities: ${failure}`);
  // As canonical JSON has them. Names that are numbers come first in every object of JavaScript.
  const ids = Object.keys(
    Object.fromEntries(
      Object.keys(policies)
        .sort()
        .map((id) => [id, null]),
    ),
  );
  const members = ids.map((id) => `${JSON.stringify(id)}:${JSON.stringify(policies[id])}`);
  const text = `{${members.join(',')}}`;
  const from = placeOfPolicies(body, text);
  const terms = ids.map((id) => known.get(id) ?? termsOfText(policies[id] ?? ''));
  const shared = sharedTests(terms);
  const stored = terms.map(({ tests, rest }) => {
    const short = tests.map((test) => shared.get(JSON.stringify(test)) ?? test);
    const each: StoredTerms = rest === undefined ? [short] : [short, rest];
    return JSON.stringify(each);
  });
  const head: Head = {
    digest,
    from,
    to: from + bytesOf(text),
    lengths: members.map(bytesOf),
    termLengths: stored.map(bytesOf),
    shared: [...shared.keys()].map((test) => JSON.parse(test)),
    ...buildIndex(terms),
  };
  const whole = `${JSON.stringify(head)}\n${stored.join('')}`;
  return `${await digestOf(whole)}\n${whole}`;
}

function placeOfPolicies(body: string, text: string): number {
  const name = '"policies":';
  // The last: before it stand entities, with attributes of any name and form; after it nothing like that.
  const at = body.lastIndexOf(name + text);
  if (at < 0) throw new Error('The body is not the canonical JSON of its content.');
  return bytesOf(body.slice(0, at + name.length));
}

const ENCODER = new TextEncoder();

function bytesOf(text: string): number {
  return ENCODER.encode(text).length;
}

/** The tests that stand in more than one policy, as JSON, numbered. */
function sharedTests(terms: readonly PolicyTerms[]): Map<string, number> {
  const seen = new Set<string>();
  const shared = new Map<string, number>();
  for (const { tests } of terms)
    for (const test of new Set(tests.map((each) => JSON.stringify(each)))) {
      if (seen.has(test) && !shared.has(test)) shared.set(test, shared.size);
      seen.add(test);
    }
  return shared;
}

/** An index to go with a publication; undefined when it is too long for that. */
export function publishable(index: string): string | undefined {
  return bytesOf(index) <= LONGEST ? index : undefined;
}

/** How many characters of terms are kept once they are read, besides those that every request needs. */
const TERMS_WEIGHT = 200_000;

/** How many bytes of memory a character of terms takes once it is read, and an entry of a list, about. */
const READ_BYTES = 6;
const ENTRY_BYTES = 8;

/** How many bytes the line with the digest has. */
const DIGEST_LINE = `sha256:${'0'.repeat(64)}\n`.length;

/**
 * Policies of a body, each read when it is first asked for. Body and index stay the bytes that they came as:
 * most of them are never text, and making it would take longer than all else.
 */
export class IndexedBody {
  readonly #body: Uint8Array;
  readonly #index: Uint8Array;
  readonly #head: Head;
  readonly #starts: Uint32Array;
  readonly #termStarts: Uint32Array;
  readonly #rest: ReadonlySet<number>;
  #released = false;
  /** Of the policies that every request finds. */
  readonly #restTerms = new Map<number, PolicyTerms>();
  readonly #terms = new Recent<number, { readonly terms: PolicyTerms; readonly length: number }>(
    TERMS_WEIGHT,
    ({ length }) => length,
  );

  /** Opens a stored index; undefined when it is damaged, of another body, or does not fit it. */
  static async open(body: Uint8Array, digest: string, index: Uint8Array): Promise<IndexedBody | undefined> {
    const whole = index.subarray(DIGEST_LINE);
    if (textOf(index.subarray(0, DIGEST_LINE)) !== `${await digestOf(whole)}\n`) return undefined;
    const headEnd = whole.indexOf(LINE_FEED);
    const head: Head = JSON.parse(textOf(whole.subarray(0, headEnd)));
    if (head.digest !== digest) return undefined;
    const { from, to, lengths, termLengths } = head;
    const starts = startsOf(from + 1, lengths, 1);
    const termStarts = startsOf(headEnd + 1, termLengths, 0);
    // Members and commas between two braces, and nothing left over: so none is overlooked.
    const fits =
      body[from] === OPENING_BRACE &&
      body[to - 1] === CLOSING_BRACE &&
      to === (lengths.length === 0 ? from + 2 : starts.at(-1)) &&
      termLengths.length === lengths.length &&
      termStarts.at(-1) === whole.length;
    return fits ? new IndexedBody(body, whole, head, starts, termStarts) : undefined;
  }

  private constructor(
    body: Uint8Array,
    index: Uint8Array,
    head: Head,
    starts: Uint32Array,
    termStarts: Uint32Array,
  ) {
    this.#body = body;
    this.#index = index;
    this.#head = head;
    this.#starts = starts;
    this.#termStarts = termStarts;
    this.#rest = new Set(head.rest);
  }

  /**
   * Gives its memory back. V8 would be slow to: bytes are not on its heap, and tens of megabytes of versions
   * that nobody needs any more could lie there. Nothing can be read after that.
   */
  release(): void {
    this.#released = true;
    for (const { buffer } of [this.#body, this.#index]) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
  }

  /** How policies are found. */
  get data(): IndexData {
    return this.#head;
  }

  /** The body with no policies in it. */
  get rest(): string {
    const { from, to } = this.#head;
    return `${textOf(this.#body.subarray(0, from))}{}${textOf(this.#body.subarray(to))}`;
  }

  /** All of the body. */
  get text(): string {
    return textOf(this.#body);
  }

  /** Whether {@link release} was called. */
  get released(): boolean {
    return this.#released;
  }

  /** @throws Error when the index does not fit the body. */
  read(ordinal: number): readonly [id: string, text: string] {
    const start = this.#starts[ordinal] ?? 0;
    const text = textOf(this.#body.subarray(start, start + (this.#head.lengths[ordinal] ?? 0)));
    const member: Record<string, string> = JSON.parse(`{${text}}`);
    const [entry, ...more] = Object.entries(member);
    if (entry === undefined || more.length > 0) throw new Error('The index does not fit its body.');
    return entry;
  }

  /** @throws Error when there is no such policy. */
  terms(ordinal: number): PolicyTerms {
    const held = this.#restTerms.get(ordinal) ?? this.#terms.get(ordinal)?.terms;
    if (held !== undefined) return held;
    const text = textOf(this.#index.subarray(this.#termStarts[ordinal], this.#termStarts[ordinal + 1]));
    const [short, rest]: StoredTerms = JSON.parse(text);
    const tests = short.map((test) => (typeof test === 'number' ? this.#head.shared[test] : test));
    if (!tests.every((test) => test !== undefined)) throw new Error('The index lacks a test.');
    const terms = { tests, rest };
    if (this.#rest.has(ordinal)) this.#restTerms.set(ordinal, terms);
    else this.#terms.set(ordinal, { terms, length: text.length });
    return terms;
  }

  /** How many bytes of memory it may take, about. */
  get weight(): number {
    const { lengths, termLengths, shared, groups, rest } = this.#head;
    const bytes = this.#body.length + this.#index.length;
    const entries = groups.reduce((sum, { hashes }) => sum + 2 * hashes.length, 4 * lengths.length);
    const read = rest.reduce((sum, ordinal) => sum + (termLengths[ordinal] ?? 0), TERMS_WEIGHT);
    return bytes + ENTRY_BYTES * entries + READ_BYTES * (read + JSON.stringify(shared).length);
  }

  /** The text of a policy by its id. */
  textOf(id: string): string | undefined {
    const name = ENCODER.encode(`${JSON.stringify(id)}:`);
    const ordinal = this.#head.lengths.findIndex((_, each) =>
      name.every((byte, at) => byte === this.#body[(this.#starts[each] ?? 0) + at]),
    );
    return ordinal < 0 ? undefined : this.read(ordinal)[1];
  }
}

const LINE_FEED = 0x0a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const DECODER = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  return DECODER.decode(bytes);
}

/** Where things of these lengths begin, one behind the other, and where the last one's successor would. */
function startsOf(from: number, lengths: readonly number[], gap: number): Uint32Array {
  const starts = new Uint32Array(lengths.length + 1);
  starts[0] = from;
  for (const [index, length] of lengths.entries()) starts[index + 1] = (starts[index] ?? 0) + length + gap;
  return starts;
}
