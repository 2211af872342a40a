/**
 * Reads the text of Cedar policies, and says in words what is wrong with it.
 * @module
 */
import './wasm.ts';
import { type DetailedError, type PolicyJson, policyToJson } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../compiler/model/limits.ts';
import { type PolicyExtent, policyExtent } from './policy-extent.ts';
import type { PolicyTerms } from './slicing/policy-terms.ts';
import { termsOf } from './slicing/read-terms.ts';

/** A problem of a Cedar text. */
export interface CedarTextProblem {
  /** What is wrong. */
  readonly message: string;
  /** Where the problem begins in the text, in UTF-16 code units from 0; undefined when Cedar does not say. */
  readonly offset: number | undefined;
}

/** One policy of a Cedar text, with the comments that belong to it. */
export interface PolicySource {
  readonly text: string;
  /** Where `text` begins in the whole text, in UTF-16 code units from 0. */
  readonly offset: number;
}

/** A policy's `@id` and terms, or what is wrong with its text. */
export type PolicyReading =
  | { readonly ok: true; readonly id: string | undefined; readonly terms: PolicyTerms }
  | { readonly ok: false; readonly problems: readonly CedarTextProblem[] };

/**
 * Cuts a Cedar text after the semicolon of each policy. A semicolon that ends no policy can only stand in a string
 * or a comment (Cedar grammar: a policy is `annotations effect ( scope ) conditions ;`). So a text with errors is
 * cut in the same places, and each policy can be checked by itself.
 *
 * The comments directly above a policy belong to it, and so does a comment behind its semicolon. A comment that is
 * separated from the next policy by a blank line is about the file. It is dropped, because policies leave the file.
 *
 * @param most How many policies to cut at most; the text after them is ignored.
 */
export function cutPolicies(text: string, most: number): PolicySource[] {
  const policies: PolicySource[] = [];
  let start = skipSpace(text, 0);
  let hasCode = false;
  for (let at = start; at < text.length && policies.length < most; ) {
    const character = text[at];
    if (character === ';') {
      const end = endOfTrailingComment(text, at + 1);
      policies.push({ text: text.slice(start, end), offset: start });
      at = skipSpace(text, end);
      start = at;
      hasCode = false;
    } else if (text.startsWith('//', at)) {
      at = endOfComment(text, at);
      if (hasCode) continue;
      const next = skipSpace(text, at);
      if (hasBlankLine(text.slice(at, next))) start = next;
      at = next;
    } else {
      if (!/\s/.test(character ?? '')) hasCode = true;
      at = character === '"' ? endOfString(text, at) : at + 1;
    }
  }
  // Code without its semicolon is kept, so that Cedar says what is missing. Comments alone are no policy.
  if (hasCode && policies.length < most) policies.push({ text: text.slice(start), offset: start });
  return policies;
}

/** Whether the white space after a comment, which begins with a line break, has another line break in it. */
function hasBlankLine(space: string): boolean {
  return (space.match(/\r\n|\r|\n/g) ?? []).length > 1;
}

/** The end of a comment on the same line; the given place when there is none. */
function endOfTrailingComment(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return text.startsWith('//', at) ? endOfComment(text, at) : from;
}

/** The first place that is no white space. */
function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at] ?? '')) at++;
  return at;
}

/** The end of the line of a comment. */
function endOfComment(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

/** The place behind the closing quotation mark of a string that begins here. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/**
 * Reads the text of one static policy.
 *
 * @param extent The extent of the text, where it is known already.
 */
export function readPolicy(text: string, extent: PolicyExtent = policyExtent(text)): PolicyReading {
  const tooMuch = boundProblem(extent);
  if (tooMuch !== undefined) return { ok: false, problems: [tooMuch] };
  let answer: ReturnType<typeof policyToJson>;
  try {
    answer = policyToJson(text);
  } catch {
    // WebAssembly that traps throws an error, instead of answering "failure".
    return { ok: false, problems: [{ message: 'Cedar cannot read the policy.', offset: 0 }] };
  }
  if (answer.type === 'failure') {
    return { ok: false, problems: answer.errors.flatMap((error) => toProblems(text, error)) };
  }
  return readingOf(answer.json);
}

/** What is read of a policy from its JSON form. */
export function readingOf(json: PolicyJson): PolicyReading {
  return { ok: true, id: json.annotations?.id, terms: termsOf(json) };
}

/** The problem of a policy that is too deep or too large for Cedar to read; undefined when it is not. */
export function boundProblem({ depth, parts, patterns }: PolicyExtent): CedarTextProblem | undefined {
  if (depth > LIMITS.policyDepth) {
    const message = `The policy is nested too deeply: at most ${LIMITS.policyDepth} steps, of which a bracket takes 3, an operator of a chain and a clause 1.`;
    return { message, offset: 0 };
  }
  const message =
    parts > LIMITS.policyParts
      ? `The policy is too long: at most ${LIMITS.policyParts} words, literals and signs.`
      : patterns > LIMITS.policyPatterns
        ? `The patterns of the policy are too long: at most ${LIMITS.policyPatterns} characters behind like.`
        : undefined;
  return message === undefined ? undefined : { message, offset: 0 };
}

/**
 * The problems that an error of Cedar and the errors related to it describe.
 *
 * @param text The text that Cedar was given. Cedar's offsets are bytes of it in UTF-8.
 */
export function toProblems(
  text: string,
  { message, help, sourceLocations, related }: DetailedError,
): CedarTextProblem[] {
  const [place] = sourceLocations ?? [];
  const hints = [place?.label, help].filter((hint) => hint !== null && hint !== undefined);
  return [
    {
      message: [message.replace(/^(failed to parse \w+ from string|error parsing \w+): /, ''), ...hints].join(
        '; ',
      ),
      offset: place === undefined ? undefined : utf16Offset(text, place.start),
    },
    // An answer lists only so many faults, and each offset takes a pass over the text.
    ...(related ?? []).slice(0, LIMITS.faults).flatMap((error) => toProblems(text, error)),
  ];
}

/** An offset in UTF-16 code units, from one in bytes of UTF-8. */
function utf16Offset(text: string, bytes: number): number {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, bytes)).length;
}

/** The line and column of an offset into a text, both from 1. */
export function placeIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
