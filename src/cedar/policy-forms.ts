import type { PolicyJson } from '@cedar-policy/cedar-wasm/web';
import { cutPolicies, readingOf } from './policy-text.ts';
import type { PolicyTerms } from './slicing/policy-terms.ts';

/**
 * Reads policies without Cedar, from the forms in which Cedar has read them before.
 *
 * @param text The text of the policies.
 * @param formsText Cedar's JSON form of each policy, in the same order, as a JSON list.
 * @returns The texts and the terms by id, in that order.
 * @throws Error when the forms are not as many as the policies, or one has no id.
 */
export function readForms(
  text: string,
  formsText: string,
): {
  readonly policies: Readonly<Record<string, string>>;
  readonly terms: ReadonlyMap<string, PolicyTerms>;
} {
  const forms: readonly PolicyJson[] = JSON.parse(formsText);
  const sources = cutPolicies(text, forms.length + 1);
  const policies: Record<string, string> = {};
  const terms = new Map<string, PolicyTerms>();
  for (const [at, form] of forms.entries()) {
    const reading = readingOf(form);
    const source = sources[at];
    if (!reading.ok || reading.id === undefined || source === undefined || sources.length !== forms.length)
      throw new Error('The policies have changed since Cedar has read them.');
    policies[reading.id] = source.text;
    terms.set(reading.id, reading.terms);
  }
  return { policies, terms };
}
