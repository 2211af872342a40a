/**
 * Runs the test cases of a version by its own policies.
 * @module
 */
import { resourceName } from '../cedar/access-entities.ts';
import type { AccessQuestion } from '../cedar/access-question.ts';
import { decideAccess, weighAccess } from '../cedar/decide-access.ts';
import { type AuthorizationRequest, decideOverrides, weighOverrides } from '../cedar/decide-overrides.ts';
import { CedarFailure } from '../cedar/engine.ts';
import { type PolicyLanguage, TRACEWRIGHT } from '../cedar/languages.ts';
import { type OverrideRequest, toOverrideRequest } from '../cedar/override-question.ts';
import { pause } from '../cedar/pieces.ts';
import type { PolicyBasis } from '../cedar/slicing/basis.ts';
import { TooMuchWork, Work } from '../cedar/work.ts';
import { compareText } from '../compiler/model/ordered.ts';
import type { GateFault } from './gate-fault.ts';
import type { AccessTest, PolicyTest, WorkloadTest } from './policy-tests.ts';
import { MANAGEMENT_SET } from './references.ts';

/**
 * Runs the test cases of a version.
 *
 * @param language What the policies are about: callers or workloads.
 * @returns One fault for each expectation that was not met, at the place of its test case.
 */
export async function runTests(
  language: PolicyLanguage,
  basis: PolicyBasis,
  tests: readonly PolicyTest[],
): Promise<GateFault[]> {
  const faults: GateFault[] = [];
  const fail = (index: number, message: string): void => {
    faults.push({
      gate: 'tests',
      message: `Test "${tests[index]?.name}": ${message}`,
      path: ['tests', index],
    });
  };
  // The work of all test cases is counted first, so that too much is refused before any of it is done.
  const weighed = new Work();
  const work = new Work();
  let at = 0;
  try {
    for (const [index, test] of tests.entries()) {
      at = index;
      if (isPause(index)) await pause();
      await weighTest(language, basis, test, weighed);
    }
    for (const [index, test] of tests.entries()) {
      at = index;
      if (isPause(index)) await pause();
      for (const message of await runTest(language, basis, test, work)) fail(index, message);
    }
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    fail(at, `is one too many for this version's policies. ${error.message}`);
  }
  return faults;
}

/** After how many test cases other requests are answered. */
const BETWEEN_PAUSES = 20;

function isPause(index: number): boolean {
  return index > 0 && index % BETWEEN_PAUSES === 0;
}

/** Adds up the work that a test case would take. @throws TooMuchWork */
async function weighTest(
  language: PolicyLanguage,
  basis: PolicyBasis,
  test: PolicyTest,
  work: Work,
): Promise<void> {
  if ('caller' in test !== (language === TRACEWRIGHT)) return;
  try {
    if ('caller' in test) await weighAccess(basis, test.caller, questionOf(test), work);
    else await weighOverrides(basis, requestOf(test), work);
  } catch (error) {
    // The same failure is reported when the test case is run.
    if (!(error instanceof CedarFailure)) throw error;
  }
}

/** One decision of a test case. */
interface Tried {
  /** What was decided about, in words: an override, or an action and its resource. */
  readonly what: string;
  readonly decision: 'allow' | 'deny';
  readonly reason: string | undefined;
  /** The ids of the policies that decided. */
  readonly policies: readonly string[];
}

/** Runs one test case, and says what was not as expected. @throws TooMuchWork */
async function runTest(
  language: PolicyLanguage,
  basis: PolicyBasis,
  test: PolicyTest,
  work: Work,
): Promise<string[]> {
  if ('caller' in test !== (language === TRACEWRIGHT)) {
    return 'caller' in test
      ? [`asks about a caller; only the set ${MANAGEMENT_SET} decides about callers.`]
      : [`asks about a workload; the set ${MANAGEMENT_SET} decides about callers.`];
  }
  let tried: Tried[];
  try {
    tried = 'caller' in test ? await tryAccess(basis, test, work) : await tryWorkload(basis, test, work);
  } catch (error) {
    if (!(error instanceof CedarFailure)) throw error;
    return [`cannot be run: ${error.message}`];
  }
  return unmet(tried, test.expect);
}

/** The expectations of a test case that its decisions do not meet, in words. */
function unmet(tried: readonly Tried[], expect: PolicyTest['expect']): string[] {
  const messages: string[] = [];
  for (const { what, decision, reason, policies } of tried) {
    const found = decision === 'deny' ? `denied (${reason})` : 'allowed';
    const by = policies.join(', ') || 'no policy';
    if (decision !== expect.decision)
      messages.push(`${what} is ${found} by ${by}; expected ${expect.decision}.`);
    else if (expect.reason !== undefined && reason !== expect.reason)
      messages.push(`${what} is ${found} by ${by}; expected ${expect.reason}.`);
  }
  if (messages.length === 0 && expect.policies !== undefined) {
    const found = distinct(tried.flatMap(({ policies }) => policies));
    const expected = distinct(expect.policies);
    if (found.join('\n') !== expected.join('\n'))
      messages.push(`decided by [${found.join(', ')}]; expected [${expected.join(', ')}].`);
  }
  return messages;
}

function requestOf({ principal, overrides }: WorkloadTest): AuthorizationRequest<OverrideRequest> {
  return { principal, overrides: overrides.map(toOverrideRequest) };
}

async function tryWorkload(basis: PolicyBasis, test: WorkloadTest, work: Work): Promise<Tried[]> {
  return (await decideOverrides(basis, [requestOf(test)], work)).flat().map((decision) => ({
    what: decision.override.id,
    decision: decision.decision,
    reason: decision.decision === 'deny' ? decision.reason : undefined,
    policies: decision.policies.map(({ id }) => id),
  }));
}

async function tryAccess(basis: PolicyBasis, test: AccessTest, work: Work): Promise<Tried[]> {
  const question = questionOf(test);
  const { allowed, reason, policies } = await decideAccess(basis, test.caller, question, work);
  const what = `${question.action} of ${resourceName(question)}`;
  return [{ what, decision: allowed ? 'allow' : 'deny', reason, policies: policies.map(({ id }) => id) }];
}

/** The access question of a test case, with the defaults that its schema describes. */
function questionOf({ action, policySet, namespace, reference, alias, scopes }: AccessTest): AccessQuestion {
  switch (action) {
    case 'read':
      return { action, policySet };
    case 'publish':
      return { action, policySet: policySet ?? 'default' };
    case 'activate':
      return { action, policySet: policySet ?? 'default', alias };
    case 'describeImages':
      return { action };
    case 'manageKeys':
      return { action, scopes };
    case 'admission':
      return { action, policySet: policySet ?? 'default', reference: reference ?? 'active' };
    default:
      return {
        action,
        policySet: policySet ?? 'default',
        namespace: namespace ?? 'default',
        reference: reference ?? 'active',
      };
  }
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort(compareText);
}
