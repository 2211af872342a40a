import { z } from 'zod';
import { workloadId } from '../../compiler/model/workload.ts';
import { jsonAnswer, taggedAnswer } from '../../http/answers.ts';
import { DecisionSchema, PolicySetVersionSchema } from '../../http/decision-schema.ts';
import { askedInBody } from '../../http/guard.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { readRememberedQuery } from '../../http/query.ts';
import { dependsOnAlias, permitAndResolveVersion, versionAnswer } from '../../judgement/resolve-version.ts';
import { readWorkloadInput } from '../../judgement/workload-input.ts';
import { DECISION_PROBLEMS, workloadQuery } from '../../judgement/workload-query.ts';
import { WORKLOAD_FORM, WorkloadRequestSchema } from '../../judgement/workload-request.ts';
import type { Recent } from '../../memory/recent.ts';
import { AuthorizationRequestSchema, readQuestion } from './read-question.ts';

const AuthorizeQuerySchema = z.strictObject(workloadQuery);

/** The query parameters of `POST /authorize`. */
export type AuthorizeQuery = z.output<typeof AuthorizeQuerySchema>;

const AuthorizationSchema = z
  .strictObject({
    policySet: PolicySetVersionSchema,
    decision: z
      .enum(['allow', 'deny'])
      .meta({ description: '`allow` when every override is allowed.', examples: ['deny'] }),
    decisions: z.array(DecisionSchema).meta({ description: 'The decision for every override.' }),
  })
  .meta({
    id: 'Authorization',
    description: "Cedar's decisions.",
    examples: [
      {
        policySet: {
          name: 'default',
          version: 7,
          digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        },
        decision: 'allow',
        decisions: [],
      },
    ],
  });

/** `POST /authorize` */
export function authorizeRoutes(app: App, queries: Recent<string, AuthorizeQuery>): void {
  addOperation(app, {
    method: 'post',
    path: '/authorize',
    operationId: 'authorizeOverrides',
    tag: 'Authorize',
    summary: 'Decide security overrides',
    description:
      'Decides every override of the services of a body, or of a bare principal. A denial is an answer here, not an error.',
    query: AuthorizeQuerySchema,
    body: {
      schema: z.union([WorkloadRequestSchema, AuthorizationRequestSchema]),
      otherContent: WORKLOAD_FORM,
      sample: { principal: { namespace: 'ci', name: 'build-runner' }, overrides: ['allowedBinary:*'] },
      description: 'The services, as for `/compile`, or `{principal, overrides}`.',
    },
    answer: {
      description: 'The decisions.',
      content: { 'application/json': { schema: AuthorizationSchema } },
    },
    access: askedInBody('authorize', 'default'),
    problems: DECISION_PROBLEMS,
    handle: async (context) => {
      const {
        policySet,
        version: reference,
        namespace,
      } = readRememberedQuery(context.req.url, AuthorizeQuerySchema, queries);
      const input = (await readWorkloadInput(context.req.raw)).parse();
      const question = readQuestion(input, namespace);
      const version = await permitAndResolveVersion(context, 'authorize', {
        policySet,
        version: reference,
        namespaces: question.principals.map(({ namespace }) => namespace),
      });
      const record = context.get('record');
      const { principals, decisions } = await record.time('decide', () =>
        question.decideBy(context, version, { policySet, version: reference }),
      );
      record.decided(principals.map(workloadId), decisions);
      const answer: z.output<typeof AuthorizationSchema> = {
        policySet: versionAnswer(version),
        decision: decisions.every(({ decision }) => decision === 'allow') ? 'allow' : 'deny',
        decisions: [...decisions],
      };
      if (!dependsOnAlias(reference)) return taggedAnswer(context, jsonAnswer(answer));
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
}
