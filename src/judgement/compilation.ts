import type { Context } from 'hono';
import { z } from 'zod';
import { selectorOverlaps, stoppingSelectorFaults } from '../compiler/derive/pod-selectors.ts';
import { type Compiled, compile } from '../compiler/emit/compile.ts';
import { isOverriding, type Manifest } from '../compiler/emit/tracing-policy.ts';
import { type ForbiddenOption, forbiddenOption } from '../compiler/model/allowed-options.ts';
import { NOTICE_CODES, type Notice } from '../compiler/model/faults.ts';
import type { CompileOptions } from '../compiler/model/options.ts';
import { compareText, toPointer } from '../compiler/model/pointer.ts';
import { type Workload, workloadId } from '../compiler/model/workload.ts';
import type { DecisionAnswer } from '../http/decision-answer.ts';
import type { Environment } from '../http/environment.ts';
import { Problem } from '../http/problems.ts';
import { visibleText } from '../http/visible-text.ts';
import type { ResolvedVersion } from '../policy-sets/repository.ts';
import { resolvePermitted, versionAnswer } from './choose-version.ts';
import { decideServices } from './decide-services.ts';
import type { BodyMemory } from './memory.ts';
import { faultyBody } from './read-services.ts';
import type { Services } from './services.ts';

export const NoticeSchema = z
  .strictObject({
    code: z
      .enum(Object.keys(NOTICE_CODES))
      .meta({ description: 'The kind of notice. Stable.', examples: ['ImplicitWildcard'] }),
    level: z.enum(['warning', 'note']).meta({
      description:
        '`warning`: less is protected, or more is killed, than one might think. `note`: a fact to know.',
      examples: ['warning'],
    }),
    service: z.string().meta({
      description: 'The service, `<namespace>/<name>`; empty for the whole request.',
      examples: ['shop/web'],
    }),
    container: z
      .string()
      .optional()
      .meta({ description: 'The container, when it is about one.', examples: ['web'] }),
    message: z.string().meta({
      description: 'What happened, and what could be done.',
      examples: [
        'No command and no allowedBinaries: the entrypoint of the image is unknown, so any binary may run.',
      ],
    }),
    document: z
      .int()
      .min(0)
      .meta({ description: 'The document of the body, from 0.', examples: [0] }),
    pointer: z.string().meta({
      description: 'The value that led to it, as a JSON pointer.',
      examples: ['/spec/workload/containers/0'],
    }),
    line: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Its line in the body, from 1.', examples: [9] }),
    column: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Its column in the body, from 1.', examples: [9] }),
  })
  .meta({
    id: 'Notice',
    description: 'Something the caller should know, though nothing is wrong.',
    examples: [
      {
        code: 'ImplicitWildcard',
        level: 'warning',
        service: 'shop/web',
        container: 'web',
        message: 'The entrypoint of the image is unknown.',
        document: 0,
        pointer: '/spec/workload/containers/0',
      },
    ],
  });

export type NoticeAnswer = z.output<typeof NoticeSchema>;

/** A workload with what it compiled to. */
export type CompiledWorkload = Compiled & { readonly workload: Workload };

/** What was decided of some services, before any of them is compiled. */
export interface Judgement {
  readonly services: Services;
  readonly version: ResolvedVersion;
  readonly decisions: readonly DecisionAnswer[];
  /** Whether every override is. */
  readonly permitted: boolean;
}

/** What came of compiling some services. Of denied ones there is no manifest. */
export interface Compilation extends Omit<Judgement, 'permitted'> {
  readonly notices: readonly NoticeAnswer[];
  /** Undefined when an override is denied. */
  readonly permitted:
    | { readonly compiled: readonly CompiledWorkload[]; readonly manifests: readonly Manifest[] }
    | undefined;
}

/** By what to decide, and how to compile. */
export interface CompilationOrder {
  readonly options: CompileOptions;
  readonly policySet: string;
  readonly version: string;
  /** The namespace of the request, for a body without workloads. */
  readonly namespace: string | undefined;
}

/** Policies that one agent of a cluster can hold. */
const AGENT_POLICY_LIMIT = 128;

/** The kernel memory that a hook takes on every node, in MB, as measured: one that kills, and one that makes the call fail. */
const HOOK_MB = 0.26;
const OVERRIDING_HOOK_MB = 2.5;

/** More memory than this has a notice, in MB: about four times what 128 policies of two killing hooks take. */
const NOTABLE_MB = 256;

/** What policies take of each node of a cluster. */
export interface Budget {
  readonly policies: number;
  /** Kernel memory, in MB. */
  readonly memory: number;
}

/** What some policies take of each node, besides those before. */
export function addToBudget({ policies, memory }: Budget, manifests: readonly Manifest[]): Budget {
  const hooks = manifests.flatMap(({ spec }) => spec.kprobes);
  return {
    policies: policies + manifests.length,
    memory: hooks.reduce((sum, hook) => sum + (isOverriding(hook) ? OVERRIDING_HOOK_MB : HOOK_MB), memory),
  };
}

/** What no policies take. */
export const NO_BUDGET: Budget = { policies: 0, memory: 0 };

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

/**
 * Compiles judged services one after another, each when it is asked for.
 *
 * @throws Error when they are not permitted: nothing may come of what is denied.
 */
export function* compileEach(
  { services, version, permitted }: Judgement,
  options: CompileOptions,
): Generator<CompiledWorkload> {
  if (!permitted) throw new Error('Nothing is compiled of what is denied.');
  for (const workload of services.workloads) yield { workload, ...compile(workload, options, version) };
}

/**
 * Decides every override of some services, and compiles them if all are permitted.
 *
 * @throws Problem as {@link judgeServices}
 */
export async function compileServices(
  context: Context<Environment>,
  services: Services,
  order: CompilationOrder,
): Promise<Compilation> {
  return compileJudged(await judgeServices(context, services, order), order.options);
}

/** Compiles judged services, if they are permitted. */
export function compileJudged(judgement: Judgement, options: CompileOptions): Compilation {
  const { services, version, decisions } = judgement;
  if (!judgement.permitted) {
    const notices = noticeAnswers(services.notices, services);
    return { services, version, decisions, notices, permitted: undefined };
  }
  const compiled = [...compileEach(judgement, options)];
  const manifests = withoutRepeats(compiled.flatMap((each) => each.manifests));
  const notices = noticeAnswers(
    [
      ...services.notices,
      ...compiled.flatMap((each) => each.notices),
      ...selectorOverlaps(services.workloads),
      ...budgetNotice(services, addToBudget(NO_BUDGET, manifests)),
    ],
    services,
  );
  return { services, version, decisions, notices, permitted: { compiled, manifests } };
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

/** What a reader of the YAML alone must know: the labels without which shared policies do nothing, and notices. */
export function commentsOf(
  compiled: readonly CompiledWorkload[],
  notices: readonly NoticeAnswer[],
): string[] {
  return [
    ...compiled.flatMap(({ workload, podLabels }) => {
      const labels = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`);
      return labels.length === 0
        ? []
        : [`${workloadId(workload)} needs these labels on its pod template: ${labels.join(' ')}`];
    }),
    ...notices.map(
      ({ service, code, message }) => `${code}${service === '' ? '' : ` ${service}`}: ${message}`,
    ),
  ];
}

/** What tells a policy from every other in a cluster. */
export function manifestKey({ kind, metadata }: Manifest): string {
  const namespace = kind === 'TracingPolicy' ? '' : metadata.namespace;
  return `${kind}\n${namespace}\n${metadata.name}`;
}

/** Cluster policies are shared (`layout=shared`): the same name is always the same content. */
function withoutRepeats(manifests: readonly Manifest[]): Manifest[] {
  const distinct = new Map(manifests.map((manifest) => [manifestKey(manifest), manifest]));
  return [...distinct.entries()].sort(([a], [b]) => compareText(a, b)).map(([, manifest]) => manifest);
}

/** Warns of more policies than a cluster can hold, and of much memory on its nodes. */
export function budgetNotice({ workloads: [first] }: Services, { policies, memory }: Budget): Notice[] {
  const messages = [
    ...(policies > AGENT_POLICY_LIMIT
      ? [
          `These are ${policies} policies; the agents of a cluster hold ${AGENT_POLICY_LIMIT}. layout=merged needs one per service, layout=shared fewer still.`,
        ]
      : []),
    ...(memory > NOTABLE_MB
      ? [
          `These policies take about ${Math.round(memory)} MB of kernel memory on every node. layout=shared needs a few policies for all services; action=kill takes a tenth for each hook.`,
        ]
      : []),
  ];
  if (first === undefined || messages.length === 0) return [];
  return [
    {
      code: 'PolicyBudget',
      service: '',
      message: messages.join(' '),
      document: 0,
      path: [],
    },
  ];
}

/** Puts notices into the words of the API. */
export function noticeAnswers(notices: readonly Notice[], services: Services): NoticeAnswer[] {
  return notices.map((notice) => noticeAnswer(notice, services));
}

function noticeAnswer(
  { code, service, container, message, document, path }: Notice,
  services: Services,
): NoticeAnswer {
  return {
    code,
    level: NOTICE_CODES[code].level,
    service,
    ...(container === undefined ? {} : { container }),
    message: visibleText(message),
    document,
    pointer: toPointer(path),
    ...services.locate(document, path),
  };
}
