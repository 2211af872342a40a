/**
 * Reads the Cedar policies of a draft, from one text or by id, and finds their ids and terms.
 * @module
 */
import { patternSize, policySize } from '../cedar/policy-extent.ts';
import { boundProblem, cutPolicies, placeIn, readPolicy } from '../cedar/policy-text.ts';
import type { PolicyTerms } from '../cedar/slicing/policy-terms.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { GateFault } from './gate-fault.ts';

/** The policies that could be read, and the faults of those that could not. */
export interface ReadPolicies {
  /** The texts by id. */
  readonly policies: Readonly<Record<string, string>>;
  /** The terms by id: what is known about when each policy applies. */
  readonly terms: ReadonlyMap<string, PolicyTerms>;
  readonly faults: readonly GateFault[];
}

/** Policies that were cut from one text. Offsets are in UTF-16 code units from 0. */
export interface CutPolicies extends ReadPolicies {
  /** Where each policy begins in the text, by id. */
  readonly offsets: ReadonlyMap<string, number>;
  /** The faults, each with its place in the whole text. */
  readonly faults: readonly (GateFault & { readonly textOffset: number })[];
}

/** The fault of policies that are too many or too large to be read; undefined when they are not. */
export function sizeFault(texts: readonly string[]): GateFault | undefined {
  const refuse = (message: string): GateFault => ({ gate: 'size', message, path: ['policies'] });
  if (texts.length > LIMITS.policies)
    return refuse(`A version has at most ${LIMITS.policies} policies; there are more.`);
  const parts = texts.reduce((sum, text) => sum + policySize(text), 0);
  if (parts > LIMITS.versionParts)
    return refuse(
      `The policies of a version have at most ${LIMITS.versionParts} words, literals and signs; there are ${parts}.`,
    );
  const patterns = texts.reduce((sum, text) => sum + patternSize(text), 0);
  return patterns > LIMITS.versionPatterns
    ? refuse(
        `The policies of a version have at most ${LIMITS.versionPatterns} characters behind like; there are ${patterns}.`,
      )
    : undefined;
}

/** Reads the policies of one Cedar text: any number of static policies, each with an `@id` of its own. */
export function readCedarText(text: string): CutPolicies {
  const policies: Record<string, string> = {};
  const terms = new Map<string, PolicyTerms>();
  const offsets = new Map<string, number>();
  const firstLines = new Map<string, number>();
  const faults: (GateFault & { textOffset: number })[] = [];
  const sources = cutPolicies(text, LIMITS.policies + 1);
  const tooMuch = sizeFault(sources.map((source) => source.text));
  if (tooMuch !== undefined)
    return { policies, terms, offsets, faults: [{ ...tooMuch, offset: 0, textOffset: 0 }] };
  for (const source of sources) {
    const reading = readPolicy(source.text);
    const add = (gate: GateFault['gate'], message: string, offset = 0, policy?: string): void => {
      faults.push({
        gate,
        message,
        path: policy === undefined ? ['policies'] : ['policies', policy],
        ...(policy === undefined ? {} : { policy }),
        offset,
        textOffset: source.offset + offset,
      });
    };
    if (!reading.ok) {
      for (const { message, offset } of reading.problems)
        add('parse', message, offset, nearbyId(source.text));
      continue;
    }
    const { id } = reading;
    const problem = idProblem(id);
    if (id === undefined || problem !== undefined) {
      add('id', problem ?? '');
    } else if (Object.hasOwn(policies, id)) {
      // The line is found once for each id, because finding it takes a pass over the text.
      const line = firstLines.get(id) ?? placeIn(text, offsets.get(id) ?? 0).line;
      firstLines.set(id, line);
      add('id', `The @id ${JSON.stringify(id)} is used twice, first in line ${line}.`, 0, id);
    } else {
      policies[id] = source.text;
      terms.set(id, reading.terms);
      offsets.set(id, source.offset);
    }
  }
  return { policies, terms, offsets, faults };
}

/** The id that a policy with a syntax error seems to have, to name it in the fault. */
function nearbyId(text: string): string | undefined {
  return /@id\s*\(\s*"([^"\\]{1,255})"\s*\)/.exec(text)?.[1];
}

/** Policies that came by id. */
export interface NamedPolicies extends ReadPolicies {
  /** By id, how many characters of an `@id` were put before a policy that had none. */
  readonly added: ReadonlyMap<string, number>;
}

/** Reads policies that came by id. Each text is one static policy, whose `@id` is its key or is left out. */
export function readPoliciesById(texts: Readonly<Record<string, string>>): NamedPolicies {
  const policies: Record<string, string> = {};
  const terms = new Map<string, PolicyTerms>();
  const added = new Map<string, number>();
  const faults: GateFault[] = [];
  const tooMuch = sizeFault(Object.values(texts));
  if (tooMuch !== undefined) return { policies, terms, added, faults: [tooMuch] };
  for (const [key, text] of Object.entries(texts)) {
    const path = ['policies', key];
    const reading = readPolicy(text);
    if (!reading.ok) {
      for (const { message, offset = 0 } of reading.problems)
        faults.push({ gate: 'parse', message, path, policy: key, offset });
      continue;
    }
    const problem = idProblem(key);
    if (problem !== undefined) {
      faults.push({ gate: 'id', message: problem, path, policy: key });
    } else if (reading.id !== undefined && reading.id !== key) {
      const message = `The policy's @id is ${JSON.stringify(reading.id)}, but it stands under ${JSON.stringify(key)}.`;
      faults.push({ gate: 'id', message, path, policy: key });
    } else {
      const name = reading.id === undefined ? `@id(${JSON.stringify(key)})\n` : '';
      // The policy will be stored with its @id, so the limits hold for that text.
      const tooMuch = name === '' ? undefined : boundProblem(name + text);
      if (tooMuch !== undefined) {
        faults.push({ gate: 'parse', message: tooMuch.message, path, policy: key, offset: 0 });
        continue;
      }
      policies[key] = name + text;
      terms.set(key, reading.terms);
      added.set(key, name.length);
    }
  }
  return { policies, terms, added, faults };
}

/** What is wrong with the id of a policy; undefined when nothing is. */
function idProblem(id: string | undefined): string | undefined {
  if (id === undefined) return 'The policy has no @id: decisions and reviews name it by that.';
  if (id === '' || id.length > LIMITS.policyId) return `An @id has 1 to ${LIMITS.policyId} characters.`;
  // A JavaScript object cannot hold the key __proto__. Control characters would garble whatever shows the id.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (id === '__proto__' || /[\u0000-\u001f\u007f]/.test(id))
    return 'An @id holds no control characters, and is not __proto__.';
  return undefined;
}
