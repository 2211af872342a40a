import { type DetailedError, policySetTextToParts, policyToJson } from '@cedar-policy/cedar-wasm/web';

/** What is wrong with a Cedar text, and where (an offset into it, in bytes). */
export interface CedarTextProblem {
  readonly message: string;
  readonly offset: number | undefined;
}

/** The policies of a Cedar text by their `@id`, or what is wrong with it. */
export type SplitPolicies =
  | { readonly ok: true; readonly policies: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly problems: readonly CedarTextProblem[] };

/**
 * Splits a Cedar text into its policies. Each needs an `@id` of its own, by which decisions name it.
 * Cedar must have been instantiated by the caller's entry point.
 */
export function splitPolicies(text: string): SplitPolicies {
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure') return { ok: false, problems: parts.errors.map(toProblem) };
  const policies: Record<string, string> = {};
  const problems: CedarTextProblem[] = parts.policy_templates.map(() => ({
    message: 'Templates are not supported: write static policies.',
    offset: undefined,
  }));
  for (const policy of parts.policies) {
    const answer = policyToJson(policy);
    if (answer.type === 'failure') {
      problems.push(...answer.errors.map(toProblem));
      continue;
    }
    const id = answer.json.annotations?.id;
    if (id === undefined || id === '' || id === '__proto__') {
      problems.push({ message: `A policy has no usable @id: ${policy.slice(0, 80)}`, offset: undefined });
    } else if (Object.hasOwn(policies, id)) {
      problems.push({ message: `The @id ${JSON.stringify(id)} is used twice.`, offset: undefined });
    } else {
      policies[id] = policy;
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, policies };
}

function toProblem({ message, sourceLocations }: DetailedError): CedarTextProblem {
  return { message, offset: sourceLocations?.[0]?.start };
}
