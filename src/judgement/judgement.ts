import type { Context } from 'hono';
import { stoppingSelectorFaults } from '../compiler/derive/pod-selectors.ts';
import { type ForbiddenOption, forbiddenOption } from '../compiler/model/allowed-options.ts';
import type { CompileOptions } from '../compiler/model/options.ts';
import { workloadId } from '../compiler/model/workload.ts';
import type { DecisionAnswer } from '../http/decision-answer.ts';
import type { Environment } from '../http/environment.ts';
import { Problem } from '../http/problems.ts';
import type { ResolvedVersion } from '../policy-sets/repository.ts';
import { resolvePermitted, versionAnswer } from './choose-version.ts';
import { decideServices } from './decide-services.ts';
import type { BodyMemory } from './memory.ts';
import { faultyBody } from './read-services.ts';
import type { Services } from './services.ts';

/** What was decided of some services, before any of them is compiled. */
export interface Judgement {
  readonly services: Services;
  readonly version: ResolvedVersion;
  readonly decisions: readonly DecisionAnswer[];
  /** Whether every override is. */
  readonly permitted: boolean;
}

/** By what to decide, and how to compile. */
export interface CompilationOrder {
  readonly options: CompileOptions;
  readonly policySet: string;
  readonly version: string;
  /** The namespace of the request, for a body without workloads. */
  readonly namespace: string | undefined;
}

/**
 * Decides every override of some services, if their compilation may have these options.
 *
 * @param memory Where the decisions about services of a remembered body are remembered too.
 * @throws Problem when the caller may not, a service cannot be compiled, or the version cannot decide.
 */
export async function judgeServices(
  context: Context<Environment>,
  services: Services,
  { policySet, version: reference, namespace: fallback, options }: CompilationOrder,
  memory?: BodyMemory,
): Promise<Judgement> {
  const { workloads } = services;
  const unselectable = stoppingSelectorFaults(workloads);
  if (unselectable.length > 0) throw faultyBody(unselectable, services.locate);
  const version = await resolvePermitted(context, 'compile', {
    policySet,
    version: reference,
    namespaces:
      workloads.length === 0 && fallback !== undefined
        ? [fallback]
        : workloads.map(({ namespace }) => namespace),
  });
  const forbidden = forbiddenOption(options, version.settings.options);
  if (forbidden !== undefined) throw optionProblem(forbidden, version);
  const record = context.get('record');
  const decide = () => decideServices(services, version);
  const decisions = await record.time('decide', () =>
    memory === undefined ? decide() : memory.decideOnce(services, version.digest, decide),
  );
  record.decided(workloads.map(workloadId), decisions);
  return { services, version, decisions, permitted: decisions.every(({ decision }) => decision === 'allow') };
}

function optionProblem({ option, value, allowed }: ForbiddenOption, version: ResolvedVersion): Problem {
  return new Problem(
    'option-forbidden',
    `The policy set ${version.name} (version ${version.version}) does not allow ${option}=${value}; it allows ${allowed.join(', ')}. Leave the option out or give it such a value, or have the settings of the set allow it.`,
    { option: { option, value, allowed: [...allowed] }, policySet: versionAnswer(version) },
  );
}

/** The problem that tells of every denial. */
export function deniedProblem({ decisions, version }: Pick<Judgement, 'decisions' | 'version'>): Problem {
  const denials = decisions.filter(({ decision }) => decision === 'deny');
  const count = denials.length === 1 ? '1 override is' : `${denials.length} overrides are`;
  // The first denial that a newcomer meets has a way out that needs nobody's permit.
  const advice = [...new Set(denials.map((denial) => denial.advice).filter((each) => each !== undefined))];
  const detail = [`${count} denied, so nothing is compiled.`, ...advice].join(' ');
  return new Problem('overrides-denied', detail, {
    denials,
    policySet: versionAnswer(version),
  });
}
