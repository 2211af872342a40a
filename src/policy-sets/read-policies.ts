/**
 * Reads the Cedar policies of a draft, from one text or by id, and finds their ids and terms.
 * @module
 */
import { measuring, reading } from '../cedar/many-policies.ts';
import { atOnce, type Pieces } from '../cedar/pieces.ts';
import { type PolicyExtent, policyExtent } from '../cedar/policy-extent.ts';
import { boundProblem, cutPolicies, placeIn } from '../cedar/policy-text.ts';
import type { PolicyTerms } from '../cedar/slicing/policy-terms.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { GateFault } from './gate-fault.ts';

/** The policies that could be read, and the faults of those that could not. */
export interface ReadPolicies {
  /** The texts by id. */
  readonly policies: Readonly<Record<string, string>>;
  /** The terms by id: what is known about when each policy applies. */
  readonly terms: ReadonlyMap<string, PolicyTerms>;
  /** The extents of the texts by id. */
  readonly extents: ReadonlyMap<string, PolicyExtent>;
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
export function sizeFault(extents: readonly PolicyExtent[]): GateFault | undefined {
  const refuse = (message: string): GateFault => ({ gate: 'size', message, path: ['policies'] });
  if (extents.length > LIMITS.policies)
    return refuse(`A version has at most ${LIMITS.policies} policies; there are more.`);
  const parts = partsOf(extents);
  if (parts > LIMITS.versionParts)
    return refuse(
      `The policies of a version have at most ${LIMITS.versionParts} words, literals and signs; there are ${parts}.`,
    );
  const patterns = extents.reduce((sum, extent) => sum + extent.patterns, 0);
  return patterns > LIMITS.versionPatterns
    ? refuse(
        `The policies of a version have at most ${LIMITS.versionPatterns} characters behind like; there are ${patterns}.`,
      )
    : undefined;
}

/** How many words, literals and signs some policies have. */
export function partsOf(extents: readonly PolicyExtent[]): number {
  return extents.reduce((sum, { parts }) => sum + parts, 0);
}

/** Reads the policies of one Cedar text at once, as {@link readingCedarText} does in pieces. */
export function readCedarText(text: string): CutPolicies {
  return atOnce(readingCedarText(text));
}

/** Reads the policies of one Cedar text: any number of static policies, each with an `@id` of its own. */
export function* readingCedarText(text: string): Pieces<CutPolicies> {
  const policies: Record<string, string> = {};
  const terms = new Map<string, PolicyTerms>();
  const extents = new Map<string, PolicyExtent>();
  const offsets = new Map<string, number>();
  const firstLines = new Map<string, number>();
  const faults: (GateFault & { textOffset: number })[] = [];
  const sources = cutPolicies(text, LIMITS.policies + 1);
  const measured = yield* measuring(sources);
  const tooMuch = sizeFault(measured.map(({ extent }) => extent));
  if (tooMuch !== undefined)
    return { policies, terms, extents, offsets, faults: [{ ...tooMuch, offset: 0, textOffset: 0 }] };
  for (const [source, found] of yield* reading(measured)) {
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
    if (!found.ok) {
      for (const { message, offset } of found.problems) add('parse', message, offset, nearbyId(source.text));
      continue;
    }
    const { id } = found;
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
      terms.set(id, found.terms);
      extents.set(id, source.extent);
      offsets.set(id, source.offset);
    }
  }
  return { policies, terms, extents, offsets, faults };
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
export function* readingPoliciesById(texts: Readonly<Record<string, string>>): Pieces<NamedPolicies> {
  const policies: Record<string, string> = {};
  const terms = new Map<string, PolicyTerms>();
  const extents = new Map<string, PolicyExtent>();
  const added = new Map<string, number>();
  const faults: GateFault[] = [];
  const measured = yield* measuring(Object.entries(texts).map(([key, text]) => ({ key, text })));
  const tooMuch = sizeFault(measured.map(({ extent }) => extent));
  if (tooMuch !== undefined) return { policies, terms, extents, added, faults: [tooMuch] };
  for (const [{ key, text, extent }, found] of yield* reading(measured)) {
    const path = ['policies', key];
    if (!found.ok) {
      for (const { message, offset = 0 } of found.problems)
        faults.push({ gate: 'parse', message, path, policy: key, offset });
      continue;
    }
    const problem = idProblem(key);
    if (problem !== undefined) {
      faults.push({ gate: 'id', message: problem, path, policy: key });
    } else if (found.id !== undefined && found.id !== key) {
      const message = `The policy's @id is ${JSON.stringify(found.id)}, but it stands under ${JSON.stringify(key)}.`;
      faults.push({ gate: 'id', message, path, policy: key });
    } else {
      const name = found.id === undefined ? `@id(${JSON.stringify(key)})\n` : '';
      // The policy will be stored with its @id, so the limits hold for that text.
      const stored = name === '' ? extent : policyExtent(name + text);
      const tooLarge = boundProblem(stored);
      if (tooLarge !== undefined) {
        faults.push({ gate: 'parse', message: tooLarge.message, path, policy: key, offset: 0 });
        continue;
      }
      policies[key] = name + text;
      terms.set(key, found.terms);
      extents.set(key, stored);
      added.set(key, name.length);
    }
  }
  return { policies, terms, extents, added, faults };
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
