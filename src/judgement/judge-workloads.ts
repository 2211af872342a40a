import type { Context } from 'hono';
import { stoppingSelectorFaults } from '../compiler/derive/pod-selectors.ts';
import { type ForbiddenOption, forbiddenOption } from '../compiler/model/allowed-options.ts';
import type { CompileOptions } from '../compiler/model/options.ts';
import { workloadId } from '../compiler/model/workload.ts';
import type { DecisionAnswer } from '../http/decision-schema.ts';
import type { Environment } from '../http/environment.ts';
import { Problem } from '../http/problems.ts';
import type { ResolvedVersion } from '../policy-sets/version-store.ts';
import type { BodyMemory } from './body-memory.ts';
import { decideWorkloads } from './decide-workloads.ts';
import { readPermitted } from './read-by-version.ts';
import { faultyBodyProblem } from './read-workload-body.ts';
import { permitAndResolveVersion, versionAnswer } from './resolve-version.ts';
import { withStoredImages } from './stored-images.ts';
import type { WorkloadBody } from './workload-body.ts';

/** What was decided about the workloads of a body, before any of them is compiled. */
export interface Judgement {
  readonly body: WorkloadBody;
  readonly version: ResolvedVersion;
  readonly decisions: readonly DecisionAnswer[];
  /** Whether every override is permitted. */
  readonly permitted: boolean;
}

/** What the query of a request says: the version to decide by, and the options to compile with. */
export interface CompileRequest {
  readonly options: CompileOptions;
  readonly policySet: string;
  readonly version: string;
  /** The namespace of the query. It counts for the permission where the body has no workloads. */
  readonly namespace: string | undefined;
}

/**
 * Judges the workloads of a body, in this order: every workload can be selected by a policy, the caller may compile
 * for their namespaces, the body is read with the kinds of workloads that the version adds, the version allows the
 * options, what is stored of images is added, and then each override is decided. A denied override is no error here: it
 * is in the decisions. This is everything between the reading and the compiling of a `/compile` request.
 *
 * @param memory Remembers the decisions about a body that is remembered.
 * @throws Problem when one of these steps fails.
 */
export async function judgeWorkloads(
  context: Context<Environment>,
  sent: WorkloadBody,
  { policySet, version: reference, namespace: fallback, options }: CompileRequest,
  memory?: BodyMemory,
): Promise<Judgement> {
  refuseUnselectable(sent);
  const version = await permitAndResolveVersion(context, 'compile', {
    policySet,
    version: reference,
    namespaces:
      sent.workloads.length === 0 && fallback !== undefined
        ? [fallback]
        : sent.workloads.map(({ namespace }) => namespace),
  });
  const read = await readPermitted(
    context,
    'compile',
    sent,
    version,
    { policySet, version: reference },
    memory,
  );
  if (read !== sent) refuseUnselectable(read);
  const forbidden = forbiddenOption(options, version.settings.options);
  if (forbidden !== undefined) throw optionProblem(forbidden, version);
  const record = context.get('record');
  const body = await record.time('read', () => withStoredImages(context, read, memory));
  const decide = (): Promise<readonly DecisionAnswer[]> => decideWorkloads(body, version);
  const decisions = await record.time('decide', () =>
    memory === undefined ? decide() : memory.decideOnce(body, version.digest, decide),
  );
  record.decided(body.workloads.map(workloadId), decisions);
  return { body, version, decisions, permitted: decisions.every(({ decision }) => decision === 'allow') };
}

/** @throws Problem `invalid-request` when no policy can select the pods of a workload. */
function refuseUnselectable(body: WorkloadBody): void {
  const unselectable = stoppingSelectorFaults(body.workloads);
  if (unselectable.length > 0) throw faultyBodyProblem(unselectable, body);
}

function optionProblem({ option, value, allowed }: ForbiddenOption, version: ResolvedVersion): Problem {
  return new Problem(
    'option-forbidden',
    `The policy set ${version.name} (version ${version.version}) does not allow ${option}=${value}; it allows ${allowed.join(', ')}. Leave the option out or give it such a value, or have the settings of the set allow it.`,
    { option: { option, value, allowed: [...allowed] }, policySet: versionAnswer(version) },
  );
}

/** The problem `overrides-denied`, with every denial. */
export function deniedProblem({ decisions, version }: Pick<Judgement, 'decisions' | 'version'>): Problem {
  const denials = decisions.filter(({ decision }) => decision === 'deny');
  const count = denials.length === 1 ? '1 override is' : `${denials.length} overrides are`;
  // What the author can change alone comes first: then nobody has to ask for a permit.
  const advice = [...new Set(denials.map((denial) => denial.advice).filter((each) => each !== undefined))];
  const detail = [`${count} denied, so nothing is compiled.`, ...advice].join(' ');
  return new Problem('overrides-denied', detail, {
    denials,
    policySet: versionAnswer(version),
  });
}
