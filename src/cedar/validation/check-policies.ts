/**
 * Validates policies against a schema with Cedar's validator.
 * @module
 */
import '../wasm.ts';
import { type ValidationAnswer, type ValidationError, validate } from '@cedar-policy/cedar-wasm/web';
import { LIMITS } from '../../compiler/model/limits.ts';
import { compareText } from '../../compiler/model/ordered.ts';
import type { PolicyLanguage } from '../languages.ts';
import type { MeasuredPolicy } from '../many-policies.ts';
import { atOnce, type Pieces } from '../pieces.ts';
import { policyExtent } from '../policy-extent.ts';
import { type CedarTextProblem, toProblems } from '../policy-text.ts';
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
 * @param parts How many words, literals and signs the policies have.
 */
export function validationProblem(
  language: PolicyLanguage,
  schema: string | null,
  parts: number,
): string | undefined {
  const { requests } = schemaExtent(schema ?? language.schema);
  return parts * requests > LIMITS.validation
    ? `The schema has ${requests} kinds of requests (each action with each type of principal and of resource), and each of the ${parts} words and signs of the policies is validated for all of them: at most ${LIMITS.validation} in all.`
    : undefined;
}

/**
 * How many words, literals and signs are validated before it is decided whether to go on. The problems of so many
 * are listed together, sorted by policy.
 */
const BATCH_PARTS = 50_000;

/** Validates policies at once, as {@link validatingPolicies} does in pieces. */
export function validatePolicies(
  language: PolicyLanguage,
  schema: string | null,
  policies: Readonly<Record<string, string>>,
): Validation {
  const measured = Object.entries(policies).map(
    ([id, text]) => [id, { text, extent: policyExtent(text) }] as const,
  );
  return atOnce(validatingPolicies(language, schema, new Map(measured)));
}

/**
 * Validates policies in the strict mode of Cedar. It stops when there are more errors than an answer lists.
 *
 * @param schema The schema of the set, or null for that of the language. It must have no problems (`schemaProblems`).
 * @param policies Policies that Cedar can read (`readPolicy`).
 */
export function* validatingPolicies(
  language: PolicyLanguage,
  schema: string | null,
  policies: ReadonlyMap<string, MeasuredPolicy>,
): Pieces<Validation> {
  const validator = new Validator(schema ?? language.schema);
  const errors: PolicyProblem[] = [];
  const warnings: PolicyProblem[] = [];
  for (const [policyId, { extent }] of policies) {
    const message = 'A policy must not call unknown("…"): it has no value, and the policy would fail.';
    if (extent.unknownCall !== undefined) errors.push({ policyId, message, offset: extent.unknownCall });
  }
  for (const batch of batchesOf([...policies], BATCH_PARTS)) {
    const found = yield* validator.problems(batch);
    errors.push(...found.errors);
    warnings.push(...found.warnings);
    if (errors.length > LIMITS.faults) break;
  }
  return { errors, warnings };
}

/** Policies in their order. */
type PolicyList = readonly (readonly [id: string, policy: MeasuredPolicy])[];

/** Divides policies into batches that have some words, literals and signs, with less in the last one. */
function* batchesOf(policies: PolicyList, most: number): Generator<PolicyList> {
  let first = 0;
  let parts = 0;
  for (const [at, [, { extent }]] of policies.entries()) {
    parts += extent.parts;
    if (parts < most) continue;
    yield policies.slice(first, at + 1);
    first = at + 1;
    parts = 0;
  }
  // Without policies there is one empty batch, so that Cedar still reads the schema.
  yield policies.slice(first);
}

/**
 * How many words, literals and signs are validated in one piece for a single kind of request: what takes some 25
 * milliseconds.
 */
const PIECE_PARTS = 15_000;

/** To how many further kinds of requests it takes as long to validate a policy as it took to parse it. */
const REQUESTS_PER_PARSE = 20;

/** The policies of a piece that have problems, by id. */
interface Doubts {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Orders problems by policy, and those of one policy by their place. */
function byPlace(a: PolicyProblem, b: PolicyProblem): number {
  return (
    compareText(a.policyId, b.policyId) ||
    (a.offset ?? 0) - (b.offset ?? 0) ||
    compareText(a.message, b.message)
  );
}

/** Where an error begins in its policy, in bytes. */
function startOf({ error }: ValidationError): number {
  return error.sourceLocations?.[0]?.start ?? 0;
}

function byMessage(a: ValidationError, b: ValidationError): number {
  return compareText(a.error.message, b.error.message);
}

/**
 * Validates policies against one schema.
 *
 * Cedar reads many policies three times as fast from one text as from a text for each. So it is given one text, to
 * find out which policies have problems at all; and those policies once more, each by its id, to say what is wrong.
 */
class Validator {
  readonly #schema: string;
  readonly #pieceParts: number;
  #begun = false;

  constructor(schema: string) {
    this.#schema = schema;
    const { requests } = schemaExtent(schema);
    // Cedar parses the schema for each piece, so the pieces of a long schema are longer.
    const most = Math.max(PIECE_PARTS, schema.length);
    this.#pieceParts = Math.ceil(most / (1 + requests / REQUESTS_PER_PARSE));
  }

  /** The problems of some policies, sorted by policy; as many as an answer lists. */
  *problems(policies: PolicyList): Pieces<Validation> {
    const errors: string[] = [];
    const warnings: string[] = [];
    for (const piece of batchesOf(policies, this.#pieceParts)) {
      if (piece.length === 0 && policies.length > 0) continue;
      // There is no pause for the only piece of a small version.
      if (this.#begun) yield;
      this.#begun = true;
      const doubts = this.#doubts(piece);
      // Whatever Cedar cannot say about the one text, it is asked about each of the policies.
      if (doubts === undefined) return this.#spelled(policies);
      errors.push(...doubts.errors);
      warnings.push(...doubts.warnings);
    }
    const doubted = new Set([...errors.slice(0, LIMITS.faults), ...warnings.slice(0, LIMITS.faults)]);
    if (doubted.size === 0) return { errors: [], warnings: [] };
    return this.#spelled(policies.filter(([id]) => doubted.has(id)));
  }

  /** Which policies have problems; undefined when Cedar cannot read them from one text. */
  #doubts(policies: PolicyList): Doubts | undefined {
    // Cedar numbers the policies of a text. A comment at the end of a policy ends with its line.
    const answer = this.#validate(policies.map(([, { text }]) => text).join('\n'));
    if (answer.type === 'failure') return undefined;
    const idOf = ({ policyId }: ValidationError): string | undefined =>
      policies[Number(/^policy(\d+)$/.exec(policyId)?.[1])]?.[0];
    const errors = new Set(answer.validationErrors.map(idOf));
    const warnings = new Set(answer.validationWarnings.map(idOf));
    if (errors.has(undefined) || warnings.has(undefined)) return undefined;
    const inOrder = (ids: ReadonlySet<string | undefined>): string[] =>
      policies.map(([id]) => id).filter((id) => ids.has(id));
    return { errors: inOrder(errors), warnings: inOrder(warnings) };
  }

  /** The problems of policies in words, as many as an answer lists. */
  #spelled(list: PolicyList): Validation {
    const policies = new Map(list);
    const answer = this.#validate(Object.fromEntries(list.map(([id, { text }]) => [id, text])));
    if (answer.type === 'failure') {
      const errors = answer.errors.flatMap((error) => toProblems('', error));
      return { errors: errors.map((error) => ({ ...error, policyId: '' })), warnings: [] };
    }
    const spell = (found: readonly ValidationError[]): PolicyProblem[] =>
      found
        // Cedar lists problems in no order. Those that are listed are the first ones.
        .toSorted((a, b) => compareText(a.policyId, b.policyId) || startOf(a) - startOf(b) || byMessage(a, b))
        .slice(0, LIMITS.faults)
        .flatMap(({ policyId, error }) =>
          toProblems(policies.get(policyId)?.text ?? '', error).map(({ message, offset }) => ({
            policyId,
            // The validator repeats the id of the policy, which stands beside the message anyway.
            message: message.replaceAll(`for policy \`${policyId}\`, `, ''),
            offset,
          })),
        )
        .sort(byPlace);
    return { errors: spell(answer.validationErrors), warnings: spell(answer.validationWarnings) };
  }

  #validate(staticPolicies: string | Record<string, string>): ValidationAnswer {
    return validate({
      schema: this.#schema,
      policies: { staticPolicies },
      validationSettings: { mode: 'strict' },
    });
  }
}
