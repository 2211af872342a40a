/**
 * The gates: the checks that a version must pass before it is published. The test cases of the version are one of
 * them (`run-tests.ts`).
 * @module
 */
import type { EntityJson } from '@cedar-policy/cedar-wasm/web';
import type { CedarMemory } from '../cedar/cedar-memory.ts';
import { LATTICE, type PolicyLanguage, TRACEWRIGHT } from '../cedar/languages.ts';
import type { MeasuredPolicy } from '../cedar/many-policies.ts';
import { inPieces } from '../cedar/pieces.ts';
import { type PolicyExtent, policyExtent } from '../cedar/policy-extent.ts';
import { basisOf } from '../cedar/slicing/basis.ts';
import { readEntities } from '../cedar/validation/check-entities.ts';
import {
  type PolicyProblem,
  validatingPolicies,
  validationProblem,
} from '../cedar/validation/check-policies.ts';
import { schemaProblems } from '../cedar/validation/check-schema.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import { canonicalJson, digestOf } from './canonical.ts';
import { kindFaults } from './check-kinds.ts';
import type { GateFault } from './gate-fault.ts';
import { partsOf, type ReadPolicies, sizeFault } from './read-policies.ts';
import { MANAGEMENT_SET } from './references.ts';
import { runTests } from './run-tests.ts';
import { draftOf, type VersionDraft } from './version-schemas.ts';

/** The result of all gates. */
export interface GateReport {
  /** Everything that must be mended. Without faults the version may be published. */
  readonly faults: readonly GateFault[];
  /** What looks like a mistake, such as a policy that can never apply. */
  readonly warnings: readonly GateFault[];
  /** How many policies could be read. */
  readonly policies: number;
  /** How many test cases passed, and how many there are. */
  readonly tests: { readonly passed: number; readonly total: number };
  /** The digest of the draft alone: a set holds no two versions with the same. */
  readonly contentDigest: string;
}

/**
 * Puts a draft through every gate, and reports at once all that they find.
 *
 * @param name The set that the draft is for. The policies of `management` are about callers, and those of all other
 *   sets about workloads.
 * @param draft The draft, with only the policies that could be read.
 * @param reading The terms of these policies, their extents as far as they are known, and the faults of those that
 *   could not be read.
 * @param memory What Cedar remembers; the test cases are decided with it.
 */
export async function checkDraft(
  name: string,
  draft: VersionDraft,
  {
    terms,
    extents,
    faults: readFaults,
  }: Pick<ReadPolicies, 'terms' | 'faults'> & Partial<Pick<ReadPolicies, 'extents'>>,
  memory: CedarMemory,
): Promise<GateReport> {
  const language: PolicyLanguage = name === MANAGEMENT_SET ? TRACEWRIGHT : LATTICE;
  const canonical = canonicalJson(draftOf(draft));
  const contentDigest = await digestOf(canonical);
  const policies = Object.keys(draft.policies).length;
  const total = draft.tests.length;
  const faults = [...readFaults];
  if (policies === 0 && readFaults.length === 0) faults.push(NO_POLICY);
  const measured = new Map(
    Object.entries(draft.policies).map(
      ([id, text]) => [id, { text, extent: extents?.get(id) ?? policyExtent(text) }] as const,
    ),
  );
  faults.push(...sizeFaults(measured, canonical), ...kindFaults(draft.settings.workloadKinds ?? []));
  // A draft that is too large is not checked any further.
  if (faults.some(({ gate }) => gate === 'size'))
    return { faults, warnings: [], policies, tests: { passed: 0, total }, contentDigest };
  const { entities, warnings, faults: cedarFaults } = await checkWithSchema(language, draft, measured);
  faults.push(...cedarFaults);
  // A policy that could not be read might have decided a test case, so no result would mean anything.
  const runnable = entities !== undefined && readFaults.length === 0;
  const failures =
    runnable && total > 0
      ? await runTests(language, basisOf(memory, draft.policies, entities, terms), draft.tests)
      : [];
  faults.push(...failures);
  const failed = new Set(failures.map(({ path }) => path[1])).size;
  return {
    faults,
    warnings,
    policies,
    tests: { passed: runnable ? total - failed : 0, total },
    contentDigest,
  };
}

const NO_POLICY: GateFault = {
  gate: 'parse',
  message: 'There is no policy. To deny everything, say so: forbid (principal, action, resource);',
  path: ['policies'],
};

/** The policies of a draft by id, with their extents. */
type Measured = ReadonlyMap<string, MeasuredPolicy>;

function extentsOf(measured: Measured): PolicyExtent[] {
  return [...measured.values()].map(({ extent }) => extent);
}

/** The faults of a draft that is too large: in its policies, and in all of its bytes. */
function sizeFaults(measured: Measured, canonical: string): GateFault[] {
  const tooMuch = sizeFault(extentsOf(measured));
  const faults = tooMuch === undefined ? [] : [tooMuch];
  const bytes = new TextEncoder().encode(canonical).length;
  if (bytes > LIMITS.versionBytes) {
    const message = `A version has at most ${LIMITS.versionBytes} bytes as canonical JSON; there are ${bytes}.`;
    faults.push({ gate: 'size', message, path: [] });
  }
  return faults;
}

/** The result of checking a draft's schema, and its policies and entities against it. */
interface SchemaCheck {
  readonly faults: readonly GateFault[];
  readonly warnings: readonly GateFault[];
  /** The entities in explicit form; undefined when they are faulty, or were not checked because the schema is. */
  readonly entities: readonly EntityJson[] | undefined;
}

/** Checks the schema of a draft, if it has one of its own, and the policies and entities against the schema. */
async function checkWithSchema(
  language: PolicyLanguage,
  { schema, entities }: VersionDraft,
  measured: Measured,
): Promise<SchemaCheck> {
  const schemaFaults = (schema === null ? [] : schemaProblems(language, schema)).map(
    ({ message, offset }): GateFault => ({
      gate: 'schema',
      message,
      path: ['schema'],
      ...(offset === undefined ? {} : { offset }),
    }),
  );
  if (schemaFaults.length > 0) return { faults: schemaFaults, warnings: [], entities: undefined };
  const tooLong = validationProblem(language, schema, partsOf(extentsOf(measured)));
  if (tooLong !== undefined) {
    const fault: GateFault = { gate: 'schema', message: tooLong, path: ['schema'] };
    return { faults: [fault], warnings: [], entities: undefined };
  }
  const { errors, warnings } = await inPieces(validatingPolicies(language, schema, measured));
  const { problems, explicit } = readEntities(language, schema, entities);
  const entityFaults = problems.map(
    ({ index, message }): GateFault => ({
      gate: 'entities',
      message,
      path: index === undefined ? ['entities'] : ['entities', index],
    }),
  );
  return {
    faults: [...errors.map(toFault), ...entityFaults],
    warnings: warnings.map(toFault),
    entities: entityFaults.length === 0 ? explicit : undefined,
  };
}

/** A fault of the gate `schema` at a policy. */
function toFault({ policyId, message, offset }: PolicyProblem): GateFault {
  return {
    gate: 'schema',
    message,
    path: ['policies', policyId],
    policy: policyId,
    ...(offset === undefined ? {} : { offset }),
  };
}
