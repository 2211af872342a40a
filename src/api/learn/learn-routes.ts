import type { Context } from 'hono';
import { z } from 'zod';
import { compactJson } from '../../http/answers.ts';
import type { Environment } from '../../http/environment.ts';
import { askedInBody } from '../../http/guard.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { readQuery } from '../../http/query.ts';
import { versionHeader } from '../../judgement/resolve-version.ts';
import { DECISION_PROBLEMS } from '../../judgement/workload-query.ts';
import { jsonPatches } from '../../learn/patch/json-patches.ts';
import { permitsText, permitTestsText } from '../../learn/permits.ts';
import { learnAnswer } from './learn-answer.ts';
import { learnMarkdown } from './learn-markdown.ts';
import { LEARN_OUTPUTS, type LearnOutput } from './learn-outputs.ts';
import { type LearnQuery, LearnQuerySchema, readOptionsOf } from './learn-query.ts';
import { type Learnt, learnFromEvents } from './learn-request.ts';
import { LearnAnswerSchema } from './learn-schema.ts';
import { LearnPatchesSchema } from './patches-schema.ts';
import { type Learning, readLearnBody } from './read-learn-body.ts';

const EXAMPLE_WORKLOAD = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:1' }] },
});

const EXAMPLE_EVENT = JSON.stringify({
  process_exec: {
    process: {
      binary: '/usr/bin/web',
      in_init_tree: true,
      pod: {
        namespace: 'shop',
        name: 'web',
        container: { id: 'containerd://1', name: 'web', pid: 1 },
        pod_labels: { app: 'web' },
      },
    },
  },
  time: '2026-11-25T08:00:00Z',
});

/** The parts of the body. */
const LearnFormSchema = z
  .strictObject({
    workloads: z.string().meta({
      description: 'The workloads, as `/compile` takes them: JSON or YAML, up to 1 MiB.',
      examples: [EXAMPLE_WORKLOAD],
    }),
    images: z
      .string()
      .optional()
      .meta({
        description: 'Configs of images, as `/compile` takes them. It may be repeated.',
        examples: ['{}'],
      }),
    events: z.string().meta({
      description:
        'Events of Tetragon, one a line, as `tetra getevents -o json` and the export file of the agent have them; also compressed with gzip. It may be repeated: up to 100 MiB expanded and 500,000 lines in all. Send it after the other parts.',
      examples: [EXAMPLE_EVENT],
    }),
  })
  .meta({
    id: 'LearnForm',
    description: 'Workloads, and events of their pods, as parts of a form.',
    examples: [{ workloads: EXAMPLE_WORKLOAD, events: EXAMPLE_EVENT }],
  });

const text = (description: string, example: string) => ({
  schema: z.string().meta({ description, examples: [example] }),
});

/** `POST /learn` */
export function learnRoutes(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/learn',
    operationId: 'learnFromEvents',
    tag: 'Learn',
    summary: 'Learn from events what workloads run',
    description:
      'Compares what ran, as events of Tetragon show it, with the allowlists of workloads. Answers the binaries of each container with their classes, a proposal for its allowlist, and for each policy whether the workload would survive its enforcement. A proposal is a request: the answer has the decision for every override that it needs, and nothing is permitted because it ran.',
    query: LearnQuerySchema,
    body: {
      schema: LearnFormSchema,
      types: [],
      otherContent: { 'multipart/form-data': { schema: LearnFormSchema } },
      description:
        'The workloads first, then the events: `curl -F workloads=@deployment.yaml -F events=@events.ndjson`.',
    },
    answer: {
      description: 'What was learnt, in the form that `output` asks for.',
      content: {
        'application/json': { schema: z.union([LearnAnswerSchema, LearnPatchesSchema]) },
        'application/yaml': text(
          'The workloads with the proposed allowlists, or the tests of the permits.',
          'apiVersion: lattice.dev/v1alpha1\nkind: LatticeService\n',
        ),
        'text/plain': text(
          'The permits, as Cedar policies.',
          '@id("permit:shop:web:web:allowedBinary:/usr/bin/id")\npermit (principal, action, resource);\n',
        ),
        'text/markdown': text(
          'A summary for a pull request.',
          '<!-- tracewright learn -->\n## Tracewright: what ran in 1 workload\n',
        ),
      },
    },
    access: askedInBody('compile', 'default'),
    problems: [...DECISION_PROBLEMS],
    handle: answerLearn,
  });
}

async function answerLearn(context: Context<Environment>): Promise<Response> {
  const query = readQuery(context.req.url, LearnQuerySchema);
  const record = context.get('record');
  const learning = await record.time('read', () => readLearnBody(context, query));
  const learnt = await learnFromEvents(context, learning, query);
  return new Response(write(query.output, learnt, learning, query), {
    headers: {
      'content-type': LEARN_OUTPUTS[query.output] ?? `application/${learnt.syntax}`,
      'tracewright-policy-set': versionHeader(learnt.version),
      'cache-control': 'no-store',
    },
  });
}

function write(output: LearnOutput, learnt: Learnt, { input }: Learning, query: LearnQuery): string {
  switch (output) {
    case 'workloads':
      return learnt.text;
    case 'json-patch': {
      const body = { documents: input.documents, options: readOptionsOf(query) };
      const { patches } = jsonPatches(body, learnt.proposals);
      return compactJson({ patches });
    }
    case 'permits':
      return permitsText(learnt.missing);
    case 'permit-tests':
      return permitTestsText(learnt.missing);
    case 'markdown':
      return learnMarkdown(learnt);
    default:
      return compactJson(learnAnswer(learnt));
  }
}
