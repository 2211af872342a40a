import type { Context } from 'hono';
import { selectorOverlaps } from '../compiler/derive/pod-selectors.ts';
import { type Compiled, compile } from '../compiler/emit/compile.ts';
import type { Manifest } from '../compiler/emit/tracing-policy.ts';
import type { CompileOptions } from '../compiler/model/options.ts';
import { compareText } from '../compiler/model/pointer.ts';
import { type Workload, workloadId } from '../compiler/model/workload.ts';
import type { Environment } from '../http/environment.ts';
import { addToBudget, budgetNotice, NO_BUDGET } from './budget.ts';
import { type CompilationOrder, type Judgement, judgeServices } from './judgement.ts';
import { type NoticeAnswer, noticeAnswers } from './notice-answer.ts';
import type { Services } from './services.ts';

/** A workload with what it compiled to. */
export type CompiledWorkload = Compiled & { readonly workload: Workload };

/** What came of compiling some services. Of denied ones there is no manifest. */
export interface Compilation extends Omit<Judgement, 'permitted'> {
  readonly notices: readonly NoticeAnswer[];
  /** Undefined when an override is denied. */
  readonly permitted:
    | { readonly compiled: readonly CompiledWorkload[]; readonly manifests: readonly Manifest[] }
    | undefined;
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
