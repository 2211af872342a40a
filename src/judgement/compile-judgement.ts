import type { Context } from 'hono';
import { selectorOverlaps } from '../compiler/derive/pod-selectors.ts';
import { type Compiled, compile } from '../compiler/emit/compile.ts';
import type { Manifest } from '../compiler/emit/tracing-policy.ts';
import { LIMITS } from '../compiler/model/limits.ts';
import type { CompileOptions } from '../compiler/model/options.ts';
import { compareText } from '../compiler/model/ordered.ts';
import { type Workload, workloadId } from '../compiler/model/workload.ts';
import type { Environment } from '../http/environment.ts';
import { invalidRequest } from '../http/problems.ts';
import { addToBudget, budgetNotice, NO_BUDGET } from './budget.ts';
import { type CompileRequest, type Judgement, judgeWorkloads } from './judge-workloads.ts';
import { type NoticeAnswer, noticeAnswers } from './notice-answer.ts';
import type { WorkloadBody } from './workload-body.ts';

/** A workload, and the manifests, labels and notices of compiling it. */
export type CompiledWorkload = Compiled & { readonly workload: Workload };

/** A judgement with what compiling it results in. Nothing is compiled when an override is denied. */
export interface CompileOutcome extends Omit<Judgement, 'permitted'> {
  readonly notices: readonly NoticeAnswer[];
  /** What was compiled; undefined when an override is denied. */
  readonly permitted:
    | { readonly compiled: readonly CompiledWorkload[]; readonly manifests: readonly Manifest[] }
    | undefined;
}

/**
 * Compiles the workloads of a judgement one after another, each when the caller of the generator asks for it.
 *
 * @throws Error when an override is denied: nothing may be compiled then.
 */
export function* compileEachWorkload(
  { body, version, permitted }: Judgement,
  options: CompileOptions,
): Generator<CompiledWorkload> {
  if (!permitted) throw new Error('Nothing is compiled of what is denied.');
  for (const workload of body.workloads) yield { workload, ...compile(workload, options, version) };
}

/**
 * Judges the workloads of a body, and compiles them if every override is permitted.
 *
 * @throws Problem as {@link judgeWorkloads} does.
 */
export async function judgeAndCompile(
  context: Context<Environment>,
  body: WorkloadBody,
  request: CompileRequest,
): Promise<CompileOutcome> {
  return compileJudgement(await judgeWorkloads(context, body, request), request.options);
}

/**
 * Compiles the workloads of a judgement if every override is permitted. This is the last step of a `/compile`
 * request before its answer is written; it decides nothing.
 */
export function compileJudgement(judgement: Judgement, options: CompileOptions): CompileOutcome {
  const { body, version, decisions } = judgement;
  if (!judgement.permitted) {
    const notices = noticeAnswers(body.notices, body);
    return { body, version, decisions, notices, permitted: undefined };
  }
  const compiled = compileAll(judgement, options);
  const manifests = withoutRepeats(compiled.flatMap((each) => each.manifests));
  const notices = noticeAnswers(
    [
      ...body.notices,
      ...compiled.flatMap((each) => each.notices),
      ...selectorOverlaps(body.workloads),
      ...budgetNotice(body, addToBudget(NO_BUDGET, manifests)),
    ],
    body,
  );
  return { body, version, decisions, notices, permitted: { compiled, manifests } };
}

/**
 * Compiles all workloads, unless there are so many policies that they could not be held at the same time as their text.
 *
 * @throws Problem `invalid-request`
 */
function compileAll(judgement: Judgement, options: CompileOptions): readonly CompiledWorkload[] {
  const compiled: CompiledWorkload[] = [];
  let count = 0;
  for (const each of compileEachWorkload(judgement, options)) {
    compiled.push(each);
    count += each.manifests.length;
    if (count > LIMITS.manifests)
      throw invalidRequest([
        {
          message: `At most ${LIMITS.manifests} policies are answered at once, and these services need more. Use layout=merged, which needs one for each service, have the answer streamed (output=ndjson or output=yaml-seq), or send the services in several requests.`,
        },
      ]);
  }
  return compiled;
}

/** The key of a policy within a cluster: its kind, namespace and name. */
export function manifestKey({ kind, metadata }: Manifest): string {
  const namespace = kind === 'TracingPolicy' ? '' : metadata.namespace;
  return `${kind}\n${namespace}\n${metadata.name}`;
}

/** Leaves out repeated policies: several workloads share one with `layout=shared`, and then its content is the same. */
function withoutRepeats(manifests: readonly Manifest[]): Manifest[] {
  const distinct = new Map(manifests.map((manifest) => [manifestKey(manifest), manifest]));
  return [...distinct.entries()].sort(([a], [b]) => compareText(a, b)).map(([, manifest]) => manifest);
}

/** The comments of a YAML answer, which has no other fields: the labels that pods need for shared policies, and the notices. */
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
