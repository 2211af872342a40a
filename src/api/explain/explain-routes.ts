import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { z } from 'zod';
import { LIMITS } from '../../compiler/model/limits.ts';
import { type Workload, workloadId } from '../../compiler/model/workload.ts';
import { jsonAnswer } from '../../http/answers.ts';
import { askedInBody } from '../../http/guard.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { readQuery } from '../../http/query.ts';
import { readPermitted } from '../../judgement/read-by-version.ts';
import { permitAndResolveVersion, versionAnswer } from '../../judgement/resolve-version.ts';
import { DECISION_PROBLEMS, workloadQuery } from '../../judgement/workload-query.ts';
import { type ExplainAnswer, ExplainAnswerSchema } from './explain-answer.ts';
import { explainBlocks } from './explain-blocks.ts';
import { EventsSchema, EXPLAIN_CONTENT, readExplainBody } from './explain-body.ts';
import { toExplainMarkdown } from './explain-markdown.ts';
import { type Block, groupBlocks } from './group-blocks.ts';
import { SKIPPED, type Skipped, type SkipReason } from './read-events.ts';

const ExplainQuerySchema = z.strictObject({
  ...workloadQuery,
  output: z
    .enum(['json', 'markdown'])
    .optional()
    .meta({ description: 'What the answer is, whatever `Accept` says.', examples: ['markdown'] }),
});

/** `POST /explain` */
export function explainRoutes(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/explain',
    operationId: 'explainEvents',
    tag: 'Explain',
    summary: 'Explain what a policy has blocked',
    description:
      'Explains events of Tetragon: which policy of which service has blocked what, or would have in monitor mode; which override would end that; and what Cedar says of the override now. With the workload, it tells where to change it. Nothing is changed.',
    query: ExplainQuerySchema,
    body: {
      schema: EventsSchema,
      types: ['application/json'],
      description:
        'Events of Tetragon: one, a JSON array of them, or one on each line, as `tetra getevents -o json` writes them. With the workload, as a form.',
      otherContent: EXPLAIN_CONTENT,
    },
    answer: {
      description: 'What the events mean.',
      content: {
        'application/json': { schema: ExplainAnswerSchema },
        'text/markdown': {
          schema: z.string().meta({
            description: 'The same, for people to read.',
            examples: ['## /usr/bin/curl is not on the allowlist of production/api-server.\n'],
          }),
        },
      },
    },
    access: askedInBody('authorize', 'default'),
    problems: DECISION_PROBLEMS,
    handle: async (context) => {
      const {
        policySet,
        version: reference,
        namespace,
        output,
      } = readQuery(context.req.url, ExplainQuerySchema);
      const { sent, body: first } = await readExplainBody(context.req.raw, namespace);
      const version = await permitAndResolveVersion(context, 'authorize', {
        policySet,
        version: reference,
        namespaces: namespacesOf(
          groupBlocks(sent.blocked, first?.workloads ?? []).blocks,
          first?.workloads ?? [],
        ),
      });
      const asked = { policySet, version: reference };
      const body = first && {
        ...(await readPermitted(context, 'authorize', first, version, asked)),
        has: first.has,
      };
      const { blocks, skipped } = groupBlocks(sent.blocked, body?.workloads ?? []);
      const explained = blocks.slice(0, LIMITS.explained);
      const record = context.get('record');
      const explanations = await record.time('decide', () => explainBlocks(explained, body, version));
      record.decided(
        explained.flatMap(({ service }) => (service === undefined ? [] : [workloadId(service)])),
        explanations.flatMap(({ remedies }) => remedies.flatMap(({ decision }) => decision ?? [])),
      );
      const answer: ExplainAnswer = {
        policySet: versionAnswer(version),
        explained: explanations,
        unexplained: blocks.length - explained.length,
        skipped: skippedAnswer([...sent.skipped, ...skipped]),
      };
      return prefersMarkdown(context, output) ? markdownAnswer(answer) : jsonAnswer(answer, NO_STORE);
    },
  });
}

/** Every namespace that a request is about: the caller must be permitted all of them. */
function namespacesOf(blocks: readonly Block[], workloads: readonly Workload[]): string[] {
  return [...blocks.map(({ blocked }) => blocked), ...workloads].flatMap(({ namespace }) => namespace ?? []);
}

/** The decisions are by what an alias leads to now, so nobody may keep them. */
const NO_STORE = { 'cache-control': 'no-store' };

function prefersMarkdown(context: Context, output: 'json' | 'markdown' | undefined): boolean {
  if (output !== undefined) return output === 'markdown';
  const supports = ['application/json', 'text/markdown'];
  return accepts(context, { header: 'Accept', supports, default: 'application/json' }) === 'text/markdown';
}

function markdownAnswer(answer: ExplainAnswer): Response {
  return new Response(toExplainMarkdown(answer), {
    headers: { ...NO_STORE, 'content-type': 'text/markdown; charset=utf-8' },
  });
}

/** How many lines of one reason are listed. */
const LISTED = 10;

function skippedAnswer(skipped: readonly Skipped[]): ExplainAnswer['skipped'] {
  const places = new Map<SkipReason, number[]>();
  for (const { reason, place } of skipped) {
    const held = places.get(reason);
    if (held === undefined) places.set(reason, [place]);
    else held.push(place);
  }
  return [...places].map(([reason, all]) => ({
    reason,
    message: SKIPPED[reason],
    count: all.length,
    lines: all.sort((a, b) => a - b).slice(0, LISTED),
  }));
}
