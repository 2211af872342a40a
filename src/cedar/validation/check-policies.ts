/**
 * Validates policies against a schema with Cedar's validator.
 * @module
 */
import '../wasm.ts';
import { validate } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../../compiler/model/limits.ts';
import type { PolicyTexts } from '../engine.ts';
import type { PolicyLanguage } from '../languages.ts';
import { policySize } from '../policy-extent.ts';
import { type CedarTextProblem, toProblems, unknownCall } from '../policy-text.ts';
import { schemaExtent } from './schema-extent.ts';

/** A problem that the validator finds in a policy. */
export interface PolicyProblem extends CedarTextProblem {
  readonly policyId: string;
}

/** The result of the validator. */
interface Validation {
  readonly errors: readonly PolicyProblem[];
  readonly warnings: readonly PolicyProblem[];
}

/**
 * Why the validation of policies would take too long, in words; undefined when it would not. Cedar validates each
 * policy for each kind of request.
 *
 * @param schema The schema of the set, or null for that of the language.
 */
export function validationProblem(
  language: PolicyLanguage,
  schema: string | null,
  policies: PolicyTexts['policies'],
): string | undefined {
  const { requests } = schemaExtent(schema ?? language.schema);
  const parts = Object.values(policies).reduce((sum, text) => sum + policySize(text), 0);
  return parts * requests > LIMITS.validation
    ? `The schema has ${requests} kinds of requests (each action with each type of principal and of resource), and each of the ${parts} words and signs of the policies is validated for all of them: at most ${LIMITS.validation} in all.`
    : undefined;
}

/** How many words, literals and signs are validated at once, because Cedar keeps all of its results in memory. */
const BATCH_PARTS = 50_000;

/**
 * Validates policies in the strict mode of Cedar. It stops when there are more errors than an answer lists.
 *
 * @param schema The schema of the set, or null for that of the language. It must have no problems (`schemaProblems`).
 */
export function validatePolicies(
  language: PolicyLanguage,
  schema: string | null,
  policies: PolicyTexts['policies'],
): Validation {
  const errors: PolicyProblem[] = [];
  const warnings: PolicyProblem[] = [];
  for (const [policyId, text] of Object.entries(policies)) {
    const offset = unknownCall(text);
    const message = 'A policy must not call unknown("…"): it has no value, and the policy would fail.';
    if (offset !== undefined) errors.push({ policyId, message, offset });
  }
  for (const batch of batchesOf(policies)) {
    const found = validateBatch(language, schema, batch);
    errors.push(...found.errors);
    warnings.push(...found.warnings);
    if (errors.length > LIMITS.faults) break;
  }
  return { errors, warnings };
}

/** Divides policies into batches of about {@link BATCH_PARTS}. */
function* batchesOf(policies: PolicyTexts['policies']): Generator<PolicyTexts['policies']> {
  let batch: Record<string, string> = {};
  let parts = 0;
  for (const [id, text] of Object.entries(policies)) {
    batch[id] = text;
    parts += policySize(text);
    if (parts < BATCH_PARTS) continue;
    yield batch;
    batch = {};
    parts = 0;
  }
  // Without policies there is one empty batch, so that Cedar still reads the schema.
  yield batch;
}

/** Validates the policies of one batch. */
function validateBatch(
  language: PolicyLanguage,
  schema: string | null,
  policies: PolicyTexts['policies'],
): Validation {
  const answer = validate({
    schema: schema ?? language.schema,
    policies: { staticPolicies: { ...policies } },
    validationSettings: { mode: 'strict' },
  });
  if (answer.type === 'failure') {
    const errors = answer.errors.flatMap((error) => toProblems('', error));
    return { errors: errors.map((error) => ({ ...error, policyId: '' })), warnings: [] };
  }
  const spell = (found: typeof answer.validationErrors): PolicyProblem[] =>
    found
      .slice(0, LIMITS.faults)
      .flatMap(({ policyId, error }) =>
        toProblems(policies[policyId] ?? '', error).map(({ message, offset }) => ({
          policyId,
          // The validator repeats the id of the policy, which stands beside the message anyway.
          message: message.replaceAll(`for policy \`${policyId}\`, `, ''),
          offset,
        })),
      )
      .sort(
        (a, b) =>
          (a.policyId === b.policyId ? 0 : a.policyId < b.policyId ? -1 : 1) ||
          (a.offset ?? 0) - (b.offset ?? 0),
      );
  return { errors: spell(answer.validationErrors), warnings: spell(answer.validationWarnings) };
}
