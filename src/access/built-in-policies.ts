import type { PolicyJson } from '@cedar-policy/cedar-wasm/web';
import texts from '../../policies/management/access.cedar';
import { cutPolicies, readingOf } from '../cedar/policy-text.ts';
import type { PolicyTerms } from '../cedar/slicing/policy-terms.ts';
import { BUILT_IN_FORMS } from './built-in-forms.ts';

/**
 * The management policies of this repository, with their terms. They are read without Cedar, from the forms in which
 * Cedar has read them before; a test holds that these are the forms of the texts.
 */
export function builtInPolicies(): {
  readonly policies: Readonly<Record<string, string>>;
  readonly terms: ReadonlyMap<string, PolicyTerms>;
} {
  const forms: readonly PolicyJson[] = JSON.parse(BUILT_IN_FORMS);
  const policies: Record<string, string> = {};
  const terms = new Map<string, PolicyTerms>();
  for (const [at, { text }] of cutPolicies(texts, forms.length + 1).entries()) {
    const form = forms[at];
    const reading = form === undefined ? undefined : readingOf(form);
    if (reading?.ok !== true || reading.id === undefined)
      throw new Error('The management policies of this repository have changed: generate their forms again.');
    policies[reading.id] = text;
    terms.set(reading.id, reading.terms);
  }
  return { policies, terms };
}
