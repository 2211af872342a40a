import { z } from 'zod';
import { WorkloadSchema } from '../../compiler/read/workload-schema.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { readParams, readQuery } from '../../http/query.ts';
import { BODY_TYPES, parseText, readBody } from '../../http/read-body.ts';
import { readWorkloadBody } from '../../judgement/read-workload-body.ts';
import { refuseManagement } from '../../judgement/resolve-version.ts';
import { digestOf } from '../../policy-sets/canonical.ts';
import { CorpusSummarySchema } from '../../policy-sets/policy-set-schemas.ts';

import { reasonField } from './reason.ts';
import { ofSet, SetParamsSchema } from './set-params.ts';
import { openWrite, revisionHeaders, WRITE_PROBLEMS, WriteHeadersSchema } from './writes.ts';

const CorpusQuerySchema = z.strictObject({ reason: reasonField });

/** `PUT /policy-sets/{name}/corpus` */
export function storeCorpus(app: App): void {
  addOperation(app, {
    method: 'put',
    path: '/policy-sets/{name}/corpus',
    operationId: 'setPolicySetCorpus',
    tag: 'Policy sets',
    summary: 'Store the corpus of a policy set',
    description:
      'Stores services that stand for what the organisation runs, so that a version can be tried on them before it is activated (`requireNoNewDenials`).',
    params: SetParamsSchema,
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
      const { name } = readParams(context, SetParamsSchema);
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
