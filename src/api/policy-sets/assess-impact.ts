import { z } from 'zod';
import { WorkloadSchema } from '../../compiler/read/workload-schema.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { Problem } from '../../http/problems.ts';
import { readParams, readQuery } from '../../http/query.ts';
import { readDocuments } from '../../http/read-body.ts';
import { readByVersion } from '../../judgement/read-by-version.ts';
import { readWorkloadBody } from '../../judgement/read-workload-body.ts';
import { refuseManagement } from '../../judgement/resolve-version.ts';
import { withStoredImages } from '../../judgement/stored-images.ts';
import { DECISION_PROBLEMS } from '../../judgement/workload-query.ts';
import { ReferenceSchema } from '../../policy-sets/references.ts';
import { findVersion } from './find-version.ts';
import { ImpactSchema, impactOf } from './impact.ts';
import { ofSet } from './set-params.ts';
import { VersionParamsSchema } from './version-params.ts';

const ImpactQuerySchema = z.strictObject({
  against: ReferenceSchema.default('active').meta({
    description: 'The version that decides now.',
    examples: ['active'],
  }),
});

/** `POST /policy-sets/{name}/versions/{version}/impact` */
export function assessImpact(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/policy-sets/{name}/versions/{version}/impact',
    operationId: 'assessVersionImpact',
    tag: 'Policy sets',
    summary: 'See what a version would change',
    description:
      'Decides the overrides of some services by the version and by the active one, and answers which decisions would change, and for which policies.',
    params: VersionParamsSchema,
    query: ImpactQuerySchema,
    body: { schema: WorkloadSchema, description: 'The services, as for `/compile`.' },
    answer: { description: 'What would change.', content: { 'application/json': { schema: ImpactSchema } } },
    access: ofSet('read'),
    problems: DECISION_PROBLEMS,
    handle: async (context) => {
      const { name, version } = readParams(context, VersionParamsSchema);
      const { against } = readQuery(context.req.url, ImpactQuerySchema);
      refuseManagement(name);
      const body = readWorkloadBody(await readDocuments(context.req.raw));
      const candidate = await findVersion(context, name, version);
      const base = await findVersion(context, name, against).catch((error: unknown) => {
        // Before the first activation there is no active version, so nothing is permitted now.
        if (
          against === 'active' &&
          error instanceof Problem &&
          error.problem === 'policy-set-version-not-found'
        )
          return undefined;
        throw error;
      });
      return jsonAnswer(
        await impactOf((by) => withStoredImages(context, readByVersion(body, by)), base, candidate),
        {
          'cache-control': 'no-store',
        },
      );
    },
  });
}
