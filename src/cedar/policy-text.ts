import './wasm.ts';
import { type DetailedError, policyToJson } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../compiler/model/limits.ts';
import { POLICY_PART, patternSize, policyDepth, policySize } from './policy-extent.ts';
import type { PolicyTerms } from './slicing/policy-terms.ts';
import { termsOf } from './slicing/read-terms.ts';

/** What is wrong with a Cedar text, and where. */
export interface CedarTextProblem {
  readonly message: string;
  /** Where it begins in the text, in UTF-16 code units from 0; absent when Cedar does not say. */
  readonly offset: number | undefined;
}

/** One policy of a text, as it stands there with the comments that belong to it. */
export interface PolicySource {
  readonly text: string;
  /** Where `text` begins in the text it was taken from, in UTF-16 code units. */
  readonly offset: number;
}

/** A policy's `@id` and what is known of when it applies, or what is wrong with it. */
export type PolicyReading =
  | { readonly ok: true; readonly id: string | undefined; readonly terms: PolicyTerms }
  | { readonly ok: false; readonly problems: readonly CedarTextProblem[] };

/**
 * Cuts a Cedar text after each policy's semicolon. Only strings and comments may hold a semicolon that
 * ends nothing (Cedar grammar: a policy is `annotations effect ( scope ) conditions ;`), so a text with
 * errors in it is cut in the same places, and each policy can be judged by itself.
 *
 * The comments directly above a policy belong to it, and so does one behind its semicolon. A comment that
 * a blank line parts from the next policy is about the file, which policies do not stay in: it is dropped.
 *
 * @param most How many to cut; what comes after is left.
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
  // Something without its semicolon; Cedar will say what is missing. Comments alone are nothing.
  if (hasCode && policies.length < most) policies.push({ text: text.slice(start), offset: start });
  return policies;
}

/** Whether the space after a comment, which begins with the end of its line, has another line in it. */
function hasBlankLine(space: string): boolean {
  return (space.match(/\r\n|\r|\n/g) ?? []).length > 1;
}

/** Where a comment on the same line ends; without one, where it was looked for. */
function endOfTrailingComment(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return text.startsWith('//', at) ? endOfComment(text, at) : from;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at] ?? '')) at++;
  return at;
}

function endOfComment(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Reads the text of one static policy. Cedar must have been instantiated by the caller's entry point. */
export function readPolicy(text: string): PolicyReading {
  const tooMuch = boundProblem(text);
  if (tooMuch !== undefined) return { ok: false, problems: [tooMuch] };
  let answer: ReturnType<typeof policyToJson>;
  try {
    answer = policyToJson(text);
  } catch {
    // WebAssembly that traps throws, instead of answering "failure".
    return { ok: false, problems: [{ message: 'Cedar gives no answer about it.', offset: 0 }] };
  }
  if (answer.type === 'failure') {
    return { ok: false, problems: answer.errors.flatMap((error) => toProblems(text, error)) };
  }
  return { ok: true, id: answer.json.annotations?.id, terms: termsOf(answer.json) };
}

/** What is wrong with a policy that Cedar could not bear to read. */
export function boundProblem(text: string): CedarTextProblem | undefined {
  if (policyDepth(text) > LIMITS.policyDepth) {
    const message = `The policy is nested too deeply: at most ${LIMITS.policyDepth} steps, of which a bracket takes 3, an operator of a chain and a clause 1.`;
    return { message, offset: 0 };
  }
  const message =
    policySize(text) > LIMITS.policyParts
      ? `The policy is too long: at most ${LIMITS.policyParts} words, literals and signs.`
      : patternSize(text) > LIMITS.policyPatterns
        ? `The patterns of the policy are too long: at most ${LIMITS.policyPatterns} characters behind like.`
        : undefined;
  return message === undefined ? undefined : { message, offset: 0 };
}

/**
 * Spells out an error of Cedar with all that is related to it.
 *
 * @param text What Cedar was given; its offsets are bytes of it in UTF-8.
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
    // More than an answer lists are not worth placing: each costs a pass over the text.
    ...(related ?? []).slice(0, LIMITS.faults).flatMap((error) => toProblems(text, error)),
  ];
}

function utf16Offset(text: string, bytes: number): number {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, bytes)).length;
}

/** The line and column of an offset into a text, both from 1. */
export function placeIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/**
 * Where a policy calls `unknown("…")`. Cedar has it for its partial evaluation, and validates it as a value of
 * any type: each evaluation that comes to it fails.
 */
export function unknownCall(text: string): number | undefined {
  let before = { word: '', offset: 0 };
  for (const { 0: word, index: offset } of text.matchAll(POLICY_PART)) {
    if (word.startsWith('//')) continue;
    if (word === '(' && before.word === 'unknown') return before.offset;
    before = { word, offset };
  }
  return undefined;
}
