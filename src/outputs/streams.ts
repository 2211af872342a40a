/**
 * Answers that are written service by service, so that a Worker never holds more than one service's
 * policies. Everything is decided before the first byte: of a denied request there is no stream. A stream
 * that was cut off lacks its last record.
 * @module
 */
import { z } from 'zod';
import { selectorOverlaps } from '../compiler/derive/pod-selectors.ts';
import { manifestYaml, yamlComments } from '../compiler/emit/manifest-yaml.ts';
import { type Manifest, ManifestSchema } from '../compiler/emit/tracing-policy.ts';
import type { CompileOptions } from '../compiler/model/options.ts';
import { toPointer } from '../compiler/model/pointer.ts';
import type { Source } from '../compiler/model/workload.ts';
import { type DecisionAnswer, DecisionSchema, PolicySetVersionSchema } from '../http/decision-answer.ts';
import { addToBudget, budgetNotice, NO_BUDGET } from '../judgement/budget.ts';
import {
  type CompiledWorkload,
  commentsOf,
  compileEachWorkload,
  manifestKey,
} from '../judgement/compile-judgement.ts';
import type { Judgement } from '../judgement/judge-workloads.ts';
import { type NoticeAnswer, NoticeSchema, noticeAnswers } from '../judgement/notice-answer.ts';
import { versionAnswer } from '../judgement/resolve-version.ts';
import { ServiceSummarySchema, serviceSummary } from '../judgement/service-summaries.ts';

/** A line of an `application/x-ndjson` answer. */
export const StreamRecordSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('start'),
      policySet: PolicySetVersionSchema,
      services: z.int().meta({ description: 'How many services follow.', examples: [1] }),
      notices: z.array(NoticeSchema).meta({ description: 'What the caller should know of the body.' }),
    }),
    z.strictObject({
      type: z.literal('service'),
      summary: ServiceSummarySchema,
      manifests: z
        .array(ManifestSchema)
        .meta({ description: 'Its policies, but those that a service before it has too (`layout=shared`).' }),
      decisions: z.array(DecisionSchema).meta({ description: 'The decision for each of its overrides.' }),
      notices: z.array(NoticeSchema).meta({ description: 'What the caller should know of it.' }),
    }),
    z.strictObject({
      type: z.literal('end'),
      services: z.int().meta({ description: 'How many services there were.', examples: [1] }),
      manifests: z.int().meta({ description: 'How many manifests there were.', examples: [4] }),
      notices: z.array(NoticeSchema).meta({ description: 'What the caller should know of them all.' }),
    }),
  ])
  .meta({
    id: 'StreamRecord',
    description:
      'One line of a streamed answer: `start`, then a `service` for each, then `end`. Without its `end` an answer is incomplete.',
    examples: [{ type: 'end', services: 1, manifests: 4, notices: [] }],
  });
export type StreamRecord = z.output<typeof StreamRecordSchema>;

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
    const summary = serviceSummary(compiled);
    written = addToBudget(written, added);
    yield {
      type: 'service',
      summary,
      manifests: [...added],
      decisions: (decisions.get(summary.service) ?? []).filter((decision) =>
        standsIn(decision, compiled.workload.source),
      ),
      notices: noticeAnswers(compiled.notices, body),
    };
  }
  const notices = noticeAnswers(budgetNotice(body, written), body);
  yield { type: 'end', services: count, manifests: written.policies, notices };
}

/** Whether a value stands in an object of the body: two of different kinds may share a name. */
function standsIn({ document, pointer = '' }: DecisionAnswer, source: Source): boolean {
  return document === source.document && `${pointer}/`.startsWith(`${toPointer(source.path)}/`);
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

/** Each service as it is compiled, with the manifests that none before it has. */
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

/**
 * The bytes of a stream, each part made when the client is ready for it. Where one cannot be made, the
 * client's connection breaks: the rest of the answer is not to be had.
 *
 * @param failed Is told why.
 */
export function streamOf(
  parts: Iterator<string>,
  failed: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  // An empty part would leave the client waiting: nothing would ask for the next one.
  const next = (): IteratorResult<string> => {
    const step = parts.next();
    return step.done !== true && step.value === '' ? next() : step;
  };
  return new ReadableStream({
    pull: (controller) => {
      try {
        const step = next();
        if (step.done === true) controller.close();
        else controller.enqueue(utf8.encode(step.value));
      } catch (error) {
        failed(error);
        controller.error(error);
      }
    },
  });
}
