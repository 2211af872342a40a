import { z } from 'zod';
import { WorkloadSchema } from '../../compiler/read/workload-schema.ts';
import { BODY_TYPES, jsonAnswer, parseText, readBody } from '../../http/bodies.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { Problem } from '../../http/problems.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { readWorkloadBody } from '../../judgement/read-workload-body.ts';
import { refuseManagement } from '../../judgement/resolve-version.ts';
import { digestOf } from '../../policy-sets/canonical.ts';
import { CorpusSummarySchema } from '../../policy-sets/change.ts';
import { reasonField } from './reason.ts';
import { ofSet, setParams } from './set-params.ts';
import { ask, openWrite, registryOf, revisionHeaders, WRITE_PROBLEMS, WriteHeadersSchema } from './writes.ts';

const CorpusParamsSchema = z.strictObject(setParams);
const CorpusQuerySchema = z.strictObject({ reason: reasonField });

/** `/policy-sets/{name}/corpus` */
export function policySetCorpusRoutes(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}/corpus',
    operationId: 'getPolicySetCorpus',
    tag: 'Policy sets',
    summary: 'Get the corpus of a policy set',
    description: 'The services that new versions are tried on, as they were stored.',
    params: CorpusParamsSchema,
    answer: {
      description: 'The services, in the syntax they were stored in.',
      content: {
        'application/json': { schema: WorkloadSchema },
        'application/yaml': {
          schema: z
            .string()
            .meta({ description: 'The services as YAML.', examples: ['kind: LatticeService\n'] }),
        },
      },
    },
    access: ofSet('read'),
    problems: ['invalid-request', 'policy-set-not-found', 'corpus-missing', 'policy-set-unavailable'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { name } = readParams(context, CorpusParamsSchema);
      const corpus = await ask(async () => registryOf(context.env, name).corpus());
      if (corpus === undefined) throw new Problem('corpus-missing', `The policy set ${name} has no corpus.`);
      return new Response(corpus.text, {
        headers: { 'content-type': `application/${corpus.syntax}`, 'cache-control': 'no-store' },
      });
    },
  });
  addOperation(app, {
    method: 'put',
    path: '/policy-sets/{name}/corpus',
    operationId: 'setPolicySetCorpus',
    tag: 'Policy sets',
    summary: 'Store the corpus of a policy set',
    description:
      'Stores services that stand for what the organisation runs, so that a version can be tried on them before it is activated (`requireNoNewDenials`).',
    params: CorpusParamsSchema,
    query: CorpusQuerySchema,
    headers: WriteHeadersSchema,
    body: { schema: WorkloadSchema, description: 'The services, as for `/compile`.' },
    answer: {
      description: 'It is stored.',
      content: { 'application/json': { schema: CorpusSummarySchema } },
    },
    access: ofSet('publish'),
    problems: WRITE_PROBLEMS,
    handle: async (context) => {
      const { reason } = readQuery(context.req.url, CorpusQuerySchema);
      const { name } = readParams(context, CorpusParamsSchema);
      refuseManagement(name);
      const { text, type } = await readBody(context.req.raw, BODY_TYPES);
      const { documents, syntax } = parseText(text, type);
      const services = readWorkloadBody(documents).workloads.length;
      const write = await openWrite(context, name, text);
      const { set } =
        write.replayed ??
        (await write.commit({
          kind: 'store-corpus',
          text,
          syntax,
          digest: await digestOf(text),
          services,
          reason,
        }));
      return jsonAnswer(set.corpus, revisionHeaders(set));
    },
  });
}
