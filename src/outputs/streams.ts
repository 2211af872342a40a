/**
 * Outputs that are written service by service, so that a Worker never holds the policies of more than one service.
 * Everything is decided before the first byte, so a denied request has no stream. The last record says that the
 * answer is complete.
 * @module
 */
import { selectorOverlaps } from '../compiler/derive/pod-selectors.ts';
import { manifestYaml, yamlComments } from '../compiler/emit/manifest-yaml.ts';
import type { Manifest } from '../compiler/emit/tracing-policy.ts';
import type { CompileOptions } from '../compiler/model/options.ts';
import type { DecisionAnswer } from '../http/decision-schema.ts';
import { addToBudget, budgetNotice, NO_BUDGET } from '../judgement/budget.ts';
import {
  type CompiledWorkload,
  commentsOf,
  compileEachWorkload,
  manifestKey,
} from '../judgement/compile-judgement.ts';
import type { Judgement } from '../judgement/judge-workloads.ts';
import { type NoticeAnswer, noticeAnswers } from '../judgement/notice-answer.ts';
import { versionAnswer } from '../judgement/resolve-version.ts';
import { serviceSummary } from '../judgement/service-summaries.ts';
import { placeOf } from '../judgement/workload-body.ts';
import type { StreamRecord } from './stream-record.ts';

/** How each streamed output is written. */
export const STREAMS = {
  ndjson: {
    description:
      'JSON records, one on each line: `start` (`policySet`, `services`, `notices`), a `service` for each (`summary`, `manifests`, `decisions`, `notices`), `end` (`services`, `manifests`, `notices`). An answer without its `end` is incomplete.',
    example: '{"type":"end","services":1,"manifests":4,"notices":[]}\n',
    write: ndjson,
  },
  'yaml-seq': {
    description:
      'The manifests as YAML documents, as with `application/yaml`, service by service. The last line is a comment that says how many there were.',
    example:
      '---\napiVersion: cilium.io/v1alpha1\nkind: TracingPolicyNamespaced\n# Complete: policies 1, services 1.\n',
    write: yamlSequence,
  },
} as const;

function* ndjson(judgement: Judgement, options: CompileOptions): Generator<string> {
  for (const record of records(judgement, options)) yield `${JSON.stringify(record)}\n`;
}

function* records(judgement: Judgement, options: CompileOptions): Generator<StreamRecord> {
  const { body, version } = judgement;
  const count = body.workloads.length;
  yield {
    type: 'start',
    policySet: versionAnswer(version),
    services: count,
    notices: bodyNotices(judgement),
  };
  const decisions = Map.groupBy(judgement.decisions, ({ service }) => service);
  let written = NO_BUDGET;
  for (const { compiled, added } of stepsOf(judgement, options)) {
    const summary = serviceSummary(compiled, body);
    const { source } = compiled.workload;
    written = addToBudget(written, added);
    yield {
      type: 'service',
      summary,
      manifests: [...added],
      decisions: (decisions.get(summary.service) ?? []).filter((decision) =>
        standsIn(decision, placeOf(body, source.document, source.path)),
      ),
      notices: noticeAnswers(compiled.notices, body),
    };
  }
  const notices = noticeAnswers(budgetNotice(body, written), body);
  yield { type: 'end', services: count, manifests: written.policies, notices };
}

/** Whether a decision is about this object of the body. The name does not tell: objects of different kinds may share it. */
function standsIn(
  { document, pointer = '' }: DecisionAnswer,
  object: { readonly document: number; readonly pointer: string },
): boolean {
  return document === object.document && `${pointer}/`.startsWith(`${object.pointer}/`);
}

function* yamlSequence(judgement: Judgement, options: CompileOptions): Generator<string> {
  const { body } = judgement;
  yield yamlComments(commentsOf([], bodyNotices(judgement)));
  let written = NO_BUDGET;
  for (const { compiled, added } of stepsOf(judgement, options)) {
    const comments = commentsOf([compiled], noticeAnswers(compiled.notices, body));
    written = addToBudget(written, added);
    yield yamlComments(comments) + (added.length === 0 ? '' : manifestYaml(added));
  }
  const notices = noticeAnswers(budgetNotice(body, written), body);
  const end = `Complete: policies ${written.policies}, services ${body.workloads.length}.`;
  yield yamlComments([...commentsOf([], notices), end]);
}

/** Compiles service by service, and leaves out manifests that an earlier service has too. */
function* stepsOf(
  judgement: Judgement,
  options: CompileOptions,
): Generator<{ readonly compiled: CompiledWorkload; readonly added: readonly Manifest[] }> {
  const seen = new Set<string>();
  for (const compiled of compileEachWorkload(judgement, options)) {
    const added = compiled.manifests.filter((manifest) => !seen.has(manifestKey(manifest)));
    for (const manifest of added) seen.add(manifestKey(manifest));
    yield { compiled, added };
  }
}

function bodyNotices({ body }: Judgement): NoticeAnswer[] {
  return noticeAnswers([...body.notices, ...selectorOverlaps(body.workloads)], body);
}
