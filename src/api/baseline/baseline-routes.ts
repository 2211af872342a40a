import type { Context } from 'hono';
import { z } from 'zod';
import {
  type BaselineOptions,
  BaselineOptionsSchema,
  baseline,
} from '../../compiler/emit/policies/baseline.ts';
import { TracingPolicySchema } from '../../compiler/emit/tracing-policy.ts';
import { jsonAnswer, prefersYaml, readDocuments, taggedAnswer, yamlAnswer } from '../../http/bodies.ts';
import { readObject } from '../../http/object-body.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { NoQuerySchema, readQuery } from '../../http/query.ts';

const ANSWER = {
  description: 'The baseline policy, to be applied as it is.',
  content: {
    'application/json': { schema: TracingPolicySchema },
    'application/yaml': {
      schema: z.string().meta({
        description: 'The policy as YAML.',
        examples: ['---\napiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\n'],
      }),
    },
  },
};

/** `GET /baseline` and `POST /baseline` */
export function baselineRoutes(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/baseline',
    operationId: 'getBaseline',
    tag: 'Baseline',
    summary: 'The cluster baseline, with options in the query',
    description:
      'The policy that every cluster starts with: what no workload may do, whatever its own policies. Without parameters, the defaults.',
    query: BaselineOptionsSchema,
    answer: ANSWER,
    access: 'caller',
    problems: ['invalid-request'],
    handle: (context) => answerWith(context, readQuery(context.req.url, BaselineOptionsSchema)),
  });
  addOperation(app, {
    method: 'post',
    path: '/baseline',
    operationId: 'buildBaseline',
    tag: 'Baseline',
    summary: 'The cluster baseline, with options in the body',
    description: 'As `GET /baseline`, with the options as JSON or YAML. An empty body means the defaults.',
    body: {
      schema: BaselineOptionsSchema,
      description: 'The options; what is left out has its default.',
      required: false,
    },
    answer: ANSWER,
    access: 'caller',
    problems: ['malformed-body', 'body-too-large', 'unsupported-media-type', 'invalid-request'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      return answerWith(context, await readOptions(context.req.raw));
    },
  });
}

async function readOptions(request: Request): Promise<BaselineOptions> {
  const documents = request.body === null ? [] : await readDocuments(request);
  return readObject(documents, BaselineOptionsSchema).value;
}

function answerWith(context: Context, options: BaselineOptions): Promise<Response> {
  const policy = baseline(options);
  return taggedAnswer(
    context,
    prefersYaml(context) ? yamlAnswer([policy], { vary: 'accept' }) : jsonAnswer(policy, { vary: 'accept' }),
  );
}
