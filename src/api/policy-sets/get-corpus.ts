import { z } from 'zod';
import { WorkloadSchema } from '../../compiler/read/workload-schema.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { Problem } from '../../http/problems.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';

import { ofSet, SetParamsSchema } from './set-params.ts';
import { ask, registryOf } from './writes.ts';

/** `GET /policy-sets/{name}/corpus` */
export function getCorpus(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}/corpus',
    operationId: 'getPolicySetCorpus',
    tag: 'Policy sets',
    summary: 'Get the corpus of a policy set',
    description: 'The services that new versions are tried on, as they were stored.',
    params: SetParamsSchema,
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
      const { name } = readParams(context, SetParamsSchema);
      const corpus = await ask(async () => registryOf(context.env, name).corpus());
      if (corpus === undefined) throw new Problem('corpus-missing', `The policy set ${name} has no corpus.`);
      return new Response(corpus.text, {
        headers: { 'content-type': `application/${corpus.syntax}`, 'cache-control': 'no-store' },
      });
    },
  });
}
