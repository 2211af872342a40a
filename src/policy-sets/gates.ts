import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import { resourceName } from '../cedar/access-entities.ts';
import type { AccessQuestion } from '../cedar/access-question.ts';
import type { CedarMemory } from '../cedar/cedar-memory.ts';
import { decideAccess, weighAccess } from '../cedar/decide-access.ts';
import { type AuthorizationRequest, authorize, weigh } from '../cedar/decide-overrides.ts';
import { CedarFailure } from '../cedar/engine.ts';
import { LATTICE, type PolicyLanguage, TRACEWRIGHT } from '../cedar/languages.ts';
import type { OverrideRequest } from '../cedar/override-question.ts';
import { toOverrideRequest } from '../cedar/override-question.ts';
import { basisOf, type PolicyBasis } from '../cedar/slicing/basis.ts';
import { readEntities } from '../cedar/validation/check-entities.ts';
import { validatePolicies, validationProblem } from '../cedar/validation/check-policies.ts';
import { schemaProblems } from '../cedar/validation/check-schema.ts';
import { TooMuchWork, Work } from '../cedar/work.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { compareText } from '../compiler/model/ordered.ts';
import { canonicalJson, digestOf } from './canonical.ts';
import type { GateFault } from './gate-fault.ts';
import type { AccessTest, PolicyTest, WorkloadTest } from './policy-tests.ts';
import { type ReadPolicies, sizeFault } from './read-policies.ts';
import { MANAGEMENT_SET } from './references.ts';
import { draftOf, type VersionDraft } from './version-schemas.ts';

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
 * @param name The set it is meant for: `management` speaks of callers, all others of workloads.
 * @param draft Its policies are those that could be read.
 * @param reading What is known of them, and what was wrong with those that could not be read.
 * @param memory What Cedar remembers: its tests are decided with it.
 */
export async function checkDraft(
  name: string,
  draft: VersionDraft,
  { terms, faults: readFaults }: Pick<ReadPolicies, 'terms' | 'faults'>,
  memory: CedarMemory,
): Promise<GateReport> {
  const language: PolicyLanguage = name === MANAGEMENT_SET ? TRACEWRIGHT : LATTICE;
  const faults = [...readFaults];
  const canonical = canonicalJson(draftOf(draft));
  const contentDigest = await digestOf(canonical);
  const count = Object.keys(draft.policies).length;
  if (count === 0 && readFaults.length === 0) {
    const message = 'There is no policy. To deny everything, say so: forbid (principal, action, resource);';
    faults.push({ gate: 'parse', message, path: ['policies'] });
  }
  const tooMuch = sizeFault(Object.values(draft.policies));
  if (tooMuch !== undefined) faults.push(tooMuch);
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

  const schemaFaults = draft.schema === null ? [] : schemaProblems(language, draft.schema);
  for (const { message, offset } of schemaFaults)
    faults.push({ gate: 'schema', message, path: ['schema'], ...(offset === undefined ? {} : { offset }) });
  const tooLong =
    schemaFaults.length === 0 ? validationProblem(language, draft.schema, draft.policies) : undefined;
  if (tooLong !== undefined) faults.push({ gate: 'schema', message: tooLong, path: ['schema'] });
  const warnings: GateFault[] = [];
  let entities: readonly EntityJson[] | undefined;
  if (schemaFaults.length === 0 && tooLong === undefined) {
    const validated = validatePolicies(language, draft.schema, draft.policies);
    faults.push(...validated.errors.map(toFault));
    warnings.push(...validated.warnings.map(toFault));
    const { problems, explicit } = readEntities(language, draft.schema, draft.entities);
    entities = explicit;
    for (const { index, message } of problems)
      faults.push({
        gate: 'entities',
        message,
        path: index === undefined ? ['entities'] : ['entities', index],
      });
  }
  // A policy that could not be read might have decided a case: its result would mean nothing.
  const runnable =
    entities !== undefined && readFaults.length === 0 && !faults.some(({ gate }) => gate === 'entities');
  const failures =
    runnable && draft.tests.length > 0
      ? await runTests(language, basisOf(memory, draft.policies, entities, terms), draft.tests)
      : [];
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
  // All of them are weighed first: what would take too long is refused before it has taken any time.
  const weighed = new Work();
  const work = new Work();
  let at = 0;
  try {
    for (const [index, test] of tests.entries()) {
      at = index;
      await weighTest(language, basis, test, weighed);
    }
    for (const [index, test] of tests.entries()) {
      at = index;
      for (const message of await runTest(language, basis, test, work)) fail(index, message);
    }
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    fail(at, `is one too many for this version's policies. ${error.message}`);
  }
  return faults;
}

async function weighTest(
  language: PolicyLanguage,
  basis: PolicyBasis,
  test: PolicyTest,
  work: Work,
): Promise<void> {
  if ('caller' in test !== (language === TRACEWRIGHT)) return;
  try {
    if ('caller' in test) await weighAccess(basis, test.caller, questionOf(test), work);
    else await weigh(basis, requestOf(test), work);
  } catch (error) {
    // It is told when the case is run.
    if (!(error instanceof CedarFailure)) throw error;
  }
}

/** What a test case is about, and what was decided of it. */
interface Tried {
  readonly what: string;
  readonly decision: 'allow' | 'deny';
  readonly reason: string | undefined;
  readonly policies: readonly string[];
}

async function runTest(
  language: PolicyLanguage,
  basis: PolicyBasis,
  test: PolicyTest,
  work: Work,
): Promise<string[]> {
  if ('caller' in test !== (language === TRACEWRIGHT)) {
    return 'caller' in test
      ? [`asks about a caller, which the set ${MANAGEMENT_SET} alone decides about.`]
      : [`asks about a workload; the set ${MANAGEMENT_SET} decides about callers.`];
  }
  let tried: Tried[];
  try {
    tried = 'caller' in test ? await tryAccess(basis, test, work) : await tryWorkload(basis, test, work);
  } catch (error) {
    if (!(error instanceof CedarFailure)) throw error;
    return [`cannot be run: ${error.message}`];
  }
  const { expect } = test;
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
  return (await authorize(basis, [requestOf(test)], work)).flat().map((decision) => ({
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

function questionOf({ action, policySet, namespace, reference, alias, scopes }: AccessTest): AccessQuestion {
  switch (action) {
    case 'read':
      return { action, policySet };
    case 'publish':
      return { action, policySet: policySet ?? 'default' };
    case 'activate':
      return { action, policySet: policySet ?? 'default', alias };
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
