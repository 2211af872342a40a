import { BaselineOptionsSchema } from '../../compiler/emit/policies/baseline/baseline-options.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { readQuery } from '../../http/query.ts';
import { ANSWER, answerWith } from './baseline-answer.ts';

/** `GET /baseline` */
export function getBaseline(app: App): void {
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
}
