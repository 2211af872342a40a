import { z } from 'zod';
import { Work } from '../../cedar/work.ts';
import { type DecisionChange, DecisionChangeSchema } from '../../http/decision-change.ts';
import type { DecisionAnswer } from '../../http/decision-schema.ts';
import { PolicySetVersionSchema } from '../../http/decision-schema.ts';
import type { Bindings } from '../../http/environment.ts';
import { Problem } from '../../http/problems.ts';
import { readWorkloadText } from '../../http/read-body.ts';
import { decideWorkloads } from '../../judgement/decide-workloads.ts';
import { readWorkloadBody } from '../../judgement/read-workload-body.ts';
import { versionAnswer } from '../../judgement/resolve-version.ts';
import type { WorkloadBody } from '../../judgement/workload-body.ts';
import type { ResolvedVersion } from '../../policy-sets/version-store.ts';
import { type FoundVersion, resolveFound } from './find-version.ts';
import { ask, registryOf } from './writes.ts';

/** The schema of what a version would change for some services. */
export const ImpactSchema = z
  .strictObject({
    base: PolicySetVersionSchema.nullable().meta({
      description: 'The version that decides now; null when none does.',
    }),
    candidate: PolicySetVersionSchema,
    newDenials: z.int().meta({ description: 'Decisions that would become denials.', examples: [1] }),
    newPermits: z.int().meta({ description: 'Decisions that would become permits.', examples: [0] }),
    unchanged: z.int().meta({ description: 'Decisions that would stay as they are.', examples: [41] }),
    changes: z
      .array(DecisionChangeSchema)
      .meta({ description: 'Every decision that would change, with the policies that cause it.' }),
  })
  .meta({
    id: 'Impact',
    description: 'What a version would change for some services.',
    examples: [
      {
        base: null,
        candidate: {
          name: 'default',
          version: 7,
          digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
        newDenials: 0,
        newPermits: 0,
        unchanged: 0,
        changes: [],
      },
    ],
  });
type Impact = z.output<typeof ImpactSchema>;

/**
 * Compares the decisions of two versions about the same workloads. Without a base, nothing is permitted now.
 *
 * @param read Reads the workloads as a version does, which may know kinds of them that the other does not.
 * @throws Problem when a version cannot be evaluated.
 */
export async function impactOf(
  read: (version: ResolvedVersion) => Promise<WorkloadBody>,
  base: FoundVersion | undefined,
  candidate: FoundVersion,
): Promise<Impact> {
  // The work of both versions is counted together.
  const work = new Work();
  const decided = async (found: FoundVersion | undefined) => {
    if (found === undefined) return new Map<string, DecisionAnswer>();
    const version = resolveFound(found);
    const decisions = await decideWorkloads(await read(version), version, work);
    return new Map(decisions.map((each) => [questionOf(each), each]));
  };
  const [before, after] = await Promise.all([decided(base), decided(candidate)]);
  const [deniedBefore, deniedAfter] = [denialsOf(before), denialsOf(after)];
  const changed: Changed[] = [];
  let unchanged = 0;
  for (const question of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(question);
    const now = after.get(question);
    const about = now ?? old;
    const was = old?.decision ?? (base === undefined ? 'deny' : unasked(about, deniedBefore));
    if (about === undefined || was === (now?.decision ?? unasked(about, deniedAfter))) unchanged += 1;
    else changed.push({ about, before: old, after: now });
  }
  const changes = changed.length === 0 ? [] : await explained(changed, base, candidate);
  const newDenials = changed.filter(({ after: now }) => now?.decision === 'deny').length;
  return {
    base: base === undefined ? null : versionAnswer(resolveFound(base)),
    candidate: versionAnswer(resolveFound(candidate)),
    newDenials,
    newPermits: changes.length - newDenials,
    unchanged,
    changes,
  };
}

/** The key of the question that a decision answers, by which decisions of two versions are compared. */
function questionOf({ document, service, container, override, implicit, readOnly }: DecisionAnswer): string {
  return JSON.stringify([document, service, container, override, implicit, readOnly]);
}

function denialsOf(decisions: ReadonlyMap<string, DecisionAnswer>): DecisionAnswer[] {
  return [...decisions.values()].filter(({ decision }) => decision === 'deny');
}

function isWhole({ override }: DecisionAnswer): boolean {
  return override.startsWith('unjudgedWorkload:');
}

/**
 * What becomes of an override that a version does not decide. It passes (setting `authorizeEntrypoints`). Where one
 * version knows the kind of an object and the other asks about the object as a whole (setting `workloadKinds`), it is
 * denied if the object is.
 *
 * @param denials What the version denies.
 */
function unasked(
  about: DecisionAnswer | undefined,
  denials: readonly DecisionAnswer[],
): DecisionAnswer['decision'] {
  if (about === undefined) return 'allow';
  const isDenied = denials.some(
    (denial) =>
      isWhole(denial) !== isWhole(about) &&
      denial.document === about.document &&
      (isWhole(about) ? isPartOf(denial.service, about.service) : isPartOf(about.service, denial.service)),
  );
  return isDenied ? 'deny' : 'allow';
}

/** Whether a workload may be one of those of an object, whose names begin with its own. */
function isPartOf(workload: string, object: string): boolean {
  return workload === object || workload.startsWith(`${object}-`);
}

/** A question that two versions answer differently. */
interface Changed {
  readonly about: DecisionAnswer;
  readonly before: DecisionAnswer | undefined;
  readonly after: DecisionAnswer | undefined;
}

/** Adds to each change the policies that cause it, and whether the version adds, removes or changes them. */
async function explained(
  changed: readonly Changed[],
  base: FoundVersion | undefined,
  candidate: FoundVersion,
): Promise<DecisionChange[]> {
  const [old, now] = await Promise.all([policiesOf(base), policiesOf(candidate)]);
  return changed.map((each) => toChange(each, (policy) => changeOf(old.get(policy), now.get(policy))));
}

function toChange(
  { about, before, after }: Changed,
  changeOfPolicy: (id: string) => DecisionChange['causes'][number]['change'],
): DecisionChange {
  const { decision: _, reason: __, policies: ___, advice: ____, suggestedPermit: _____, ...place } = about;
  const deciding = new Map(
    [...(before?.policies ?? []), ...(after?.policies ?? [])].map(({ id, effect }) => [id, effect]),
  );
  return {
    ...place,
    before: verdict(before),
    after: verdict(after),
    causes: [...deciding].map(([policy, effect]) => ({
      policy,
      effect,
      change: changeOfPolicy(policy),
    })),
  };
}

function verdict(decision: DecisionAnswer | undefined): DecisionChange['before'] {
  if (decision === undefined) return null;
  const { reason, policies } = decision;
  return { decision: decision.decision, ...(reason === undefined ? {} : { reason }), policies };
}

/** The texts of a version's policies by their ids. */
async function policiesOf(found: FoundVersion | undefined): Promise<ReadonlyMap<string, string>> {
  return new Map(found === undefined ? [] : Object.entries((await found.version.content()).policies));
}

function changeOf(
  before: string | undefined,
  after: string | undefined,
): DecisionChange['causes'][number]['change'] {
  if (before === after) return 'unchanged';
  if (before === undefined) return 'added';
  return after === undefined ? 'removed' : 'changed';
}

/** The workloads of the corpus of a set. @throws Problem `corpus-missing` when it has none */
export async function corpusServices(bindings: Bindings, name: string): Promise<WorkloadBody> {
  const corpus = await ask(async () => registryOf(bindings, name).corpus());
  if (corpus === undefined) {
    throw new Problem(
      'corpus-missing',
      `The policy set ${name} has no corpus to try a version on. Store one: PUT /policy-sets/${name}/corpus`,
    );
  }
  return readWorkloadBody(readWorkloadText(corpus.text, `application/${corpus.syntax}`));
}
