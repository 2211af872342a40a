import { z } from 'zod';
import { AskedOverrideSchema, PrincipalSchema, toOverrideRequest } from '../../cedar/override-question.ts';
import { LIMITS } from '../../compiler/model/limits.ts';
import { parseValue } from '../../compiler/model/parse.ts';
import { toPointer } from '../../compiler/model/pointer.ts';
import { workloadId } from '../../compiler/model/workload.ts';
import type { SourceDocument } from '../../compiler/read/documents/source-document.ts';
import { WorkloadSchema } from '../../compiler/read/workload-schema.ts';
import { jsonAnswer, readDocuments, taggedAnswer } from '../../http/bodies.ts';
import {
  type DecisionAnswer,
  DecisionSchema,
  PolicySetVersionSchema,
  toDecisionAnswer,
} from '../../http/decision-answer.ts';
import { askedInBody } from '../../http/guard.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { invalidRequest } from '../../http/problems.ts';
import { readRememberedQuery } from '../../http/query.ts';
import { decideByVersion } from '../../judgement/decide-by-version.ts';
import { decideWorkloads } from '../../judgement/decide-workloads.ts';
import { readWorkloadBody } from '../../judgement/read-workload-body.ts';
import { dependsOnAlias, permitAndResolveVersion, versionAnswer } from '../../judgement/resolve-version.ts';
import { DECISION_PROBLEMS, workloadQuery } from '../../judgement/workload-query.ts';
import type { Recent } from '../../memory/recent.ts';
import type { ResolvedVersion } from '../../policy-sets/version-store.ts';

const AuthorizeQuerySchema = z.strictObject(workloadQuery);
export type AuthorizeQuery = z.output<typeof AuthorizeQuerySchema>;

const AuthorizationRequestSchema = z
  .strictObject({
    principal: PrincipalSchema,
    overrides: z
      .array(AskedOverrideSchema)
      .min(1)
      .max(LIMITS.overridesInAll)
      .meta({ description: 'What it asks for.', examples: [['allowedBinary:/usr/bin/curl', 'hostNetwork']] }),
  })
  .meta({
    id: 'AuthorizationRequest',
    description: 'Overrides to decide, without a workload.',
    examples: [
      {
        principal: { namespace: 'production', name: 'api-server' },
        overrides: ['allowedBinary:/usr/bin/curl', 'hostNetwork'],
      },
    ],
  });

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
      schema: z.union([WorkloadSchema, AuthorizationRequestSchema]),
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
      const documents = await readDocuments(context.req.raw);
      const { principals, decideBy } = readQuestion(documents, namespace);
      const version = await permitAndResolveVersion(context, 'authorize', {
        policySet,
        version: reference,
        namespaces: principals.map(({ namespace }) => namespace),
      });
      const record = context.get('record');
      const decisions = await record.time('decide', () => decideBy(version));
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

/** What is asked, and by whom, ready to be decided by a version. */
interface Question {
  readonly principals: readonly { readonly namespace: string; readonly name: string }[];
  decideBy(version: ResolvedVersion): Promise<readonly DecisionAnswer[]>;
}

/** @throws Problem `invalid-request` */
function readQuestion(documents: readonly SourceDocument[], namespace: string | undefined): Question {
  const [first] = documents;
  if (documents.length === 1 && first !== undefined && isBare(first.value)) return readBareQuestion(first);
  const body = readWorkloadBody(documents, { namespace });
  return { principals: body.workloads, decideBy: (version) => decideWorkloads(body, version) };
}

function isBare(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Object.hasOwn(value, 'kind') &&
    (Object.hasOwn(value, 'principal') || Object.hasOwn(value, 'overrides'))
  );
}

function readBareQuestion({ value, locate }: SourceDocument): Question {
  const parsed = parseValue(AuthorizationRequestSchema, value);
  if (!parsed.ok) {
    throw invalidRequest(
      parsed.issues.map(({ path, message }) => ({
        message,
        document: 0,
        pointer: toPointer(path),
        ...locate(path),
      })),
    );
  }
  const { principal, overrides } = parsed.data;
  const asked = overrides.map((override, index) => ({
    ...toOverrideRequest(override),
    path: ['overrides', index],
  }));
  const decideBy = async (version: ResolvedVersion): Promise<DecisionAnswer[]> => {
    const decisions = await decideByVersion(version, [{ principal, overrides: asked }]);
    return decisions.flat().map((decision) => {
      const { path } = decision.override;
      return toDecisionAnswer(workloadId(principal), decision, {
        document: 0,
        path,
        position: locate(path),
      });
    });
  };
  return { principals: [principal], decideBy };
}
