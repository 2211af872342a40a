import { authorize, type Decision, type PolicyBasis } from '../cedar/authorize.ts';
import { CedarFailure } from '../cedar/engine.ts';
import type { OverrideRequest } from '../cedar/entities.ts';
import { toOverrideRequest } from '../cedar/question.ts';
import { entityProblems, schemaProblems, validatePolicies } from '../cedar/schema.ts';
import { LIMITS } from '../compiler/limits.ts';
import { compareText } from '../compiler/pointer.ts';
import { canonicalJson, digestOf } from './canonical.ts';
import type { GateFault } from './draft.ts';
import { draftOf, type PolicyTest, type VersionDraft } from './model.ts';

/** What the gates found. */
export interface GateReport {
  /** All that must be mended. None: the version may be published. */
  readonly faults: readonly GateFault[];
  /** What is suspicious, such as a policy that can never apply. */
  readonly warnings: readonly GateFault[];
  readonly policies: number;
  /** Test cases that passed, of all. */
  readonly tests: { readonly passed: number; readonly total: number };
  /** The digest of the draft alone: of all that makes two versions the same or different. */
  readonly contentDigest: string;
}

/**
 * Puts a draft through every gate, and reports all that they find at once.
 *
 * @param draft Its policies are those that could be read.
 * @param readFaults What was wrong with those that could not.
 */
export async function checkDraft(draft: VersionDraft, readFaults: readonly GateFault[]): Promise<GateReport> {
  const faults = [...readFaults];
  const canonical = canonicalJson(draftOf(draft));
  const contentDigest = await digestOf(canonical);
  const count = Object.keys(draft.policies).length;
  if (count === 0 && readFaults.length === 0) {
    const message = 'There is no policy. To deny everything, say so: forbid (principal, action, resource);';
    faults.push({ gate: 'parse', message, path: ['policies'] });
  }
  if (count > LIMITS.policies) {
    const message = `A version has at most ${LIMITS.policies} policies; there are ${count}.`;
    faults.push({ gate: 'size', message, path: ['policies'] });
  }
  const bytes = new TextEncoder().encode(canonical).length;
  if (bytes > LIMITS.versionBytes) {
    const message = `A version has at most ${LIMITS.versionBytes} bytes as canonical JSON; there are ${bytes}.`;
    faults.push({ gate: 'size', message, path: [] });
  }
  // What is too large is not worth the work of looking closer.
  if (faults.some(({ gate }) => gate === 'size'))
    return {
      faults,
      warnings: [],
      policies: count,
      tests: { passed: 0, total: draft.tests.length },
      contentDigest,
    };

  const schemaFaults = draft.schema === null ? [] : schemaProblems(draft.schema);
  for (const { message, offset } of schemaFaults)
    faults.push({ gate: 'schema', message, path: ['schema'], ...(offset === undefined ? {} : { offset }) });
  const warnings: GateFault[] = [];
  if (schemaFaults.length === 0) {
    const validated = validatePolicies(draft.schema, draft.policies);
    faults.push(...validated.errors.map(toFault));
    warnings.push(...validated.warnings.map(toFault));
    for (const { index, message } of entityProblems(draft.schema, draft.entities))
      faults.push({
        gate: 'entities',
        message,
        path: index === undefined ? ['entities'] : ['entities', index],
      });
  }
  // A policy that could not be read might have decided a case: its result would mean nothing.
  const runnable = readFaults.length === 0 && !faults.some(({ gate }) => gate === 'entities');
  const basis: PolicyBasis = { key: contentDigest, policies: draft.policies, entities: draft.entities };
  const failures = runnable ? runTests(basis, draft.tests) : [];
  faults.push(...failures);
  const failed = new Set(failures.map(({ path }) => path[1])).size;
  return {
    faults,
    warnings,
    policies: count,
    tests: { passed: runnable ? draft.tests.length - failed : 0, total: draft.tests.length },
    contentDigest,
  };
}

function toFault({
  policyId,
  message,
  offset,
}: {
  policyId: string;
  message: string;
  offset: number | undefined;
}): GateFault {
  return {
    gate: 'schema',
    message,
    path: ['policies', policyId],
    policy: policyId,
    ...(offset === undefined ? {} : { offset }),
  };
}

/** Runs a version's test cases. What each got wrong, as faults at its place. */
export function runTests(basis: PolicyBasis, tests: readonly PolicyTest[]): GateFault[] {
  return tests.flatMap((test, index) =>
    runTest(basis, test).map(
      (message): GateFault => ({
        gate: 'tests',
        message: `Test "${test.name}": ${message}`,
        path: ['tests', index],
      }),
    ),
  );
}

function runTest(basis: PolicyBasis, { principal, overrides, expect }: PolicyTest): string[] {
  let decisions: Decision<OverrideRequest>[];
  try {
    decisions = authorize(basis, principal, overrides.map(toOverrideRequest));
  } catch (error) {
    if (!(error instanceof CedarFailure)) throw error;
    return [`cannot be run: ${error.message}`];
  }
  const messages: string[] = [];
  for (const decision of decisions) {
    const { override } = decision;
    const reason = decision.decision === 'deny' ? decision.reason : undefined;
    const found = decision.decision === 'deny' ? `denied (${decision.reason})` : 'allowed';
    const by = decision.policies.map(({ id }) => id).join(', ') || 'no policy';
    if (decision.decision !== expect.decision)
      messages.push(`${override.id} is ${found} by ${by}; expected ${expect.decision}.`);
    else if (expect.reason !== undefined && reason !== expect.reason)
      messages.push(`${override.id} is ${found} by ${by}; expected ${expect.reason}.`);
  }
  if (messages.length === 0 && expect.policies !== undefined) {
    const found = distinct(decisions.flatMap(({ policies }) => policies.map(({ id }) => id)));
    const expected = distinct(expect.policies);
    if (found.join('\n') !== expected.join('\n'))
      messages.push(`decided by [${found.join(', ')}]; expected [${expected.join(', ')}].`);
  }
  return messages;
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort(compareText);
}
