import { z } from 'zod';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { nextCursorField, PageQuerySchema } from '../../http/paging.ts';
import { readParams, readQuery } from '../../http/query.ts';
import { VersionSummarySchema } from '../../policy-sets/policy-set-schemas.ts';
import { ofSet, SetParamsSchema } from './set-params.ts';
import { ask, noSuchSet, registryOf } from './writes.ts';

const VersionListSchema = z
  .strictObject({
    versions: z.array(VersionSummarySchema).meta({ description: 'The versions, newest first.' }),
    nextCursor: nextCursorField,
  })
  .meta({
    id: 'VersionList',
    description: 'A page of the versions of a set.',
    examples: [{ versions: [], nextCursor: null }],
  });

/** `GET /policy-sets/{name}/versions` */
export function listVersions(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}/versions',
    operationId: 'listVersions',
    tag: 'Policy sets',
    summary: 'List the versions of a policy set',
    description: 'All versions, newest first, without their content.',
    params: SetParamsSchema,
    query: PageQuerySchema,
    answer: {
      description: 'A page of them.',
      content: { 'application/json': { schema: VersionListSchema } },
    },
    access: ofSet('read'),
    problems: ['invalid-request', 'policy-set-not-found', 'policy-set-unavailable'],
    handle: async (context) => {
      const { name } = readParams(context, SetParamsSchema);
      const { limit, cursor } = readQuery(context.req.url, PageQuerySchema);
      const registry = registryOf(context.env, name);
      const { items, next } = await ask(async () => registry.versions(cursor, limit));
      if (items.length === 0 && (await ask(async () => registry.read())) === undefined) throw noSuchSet(name);
      const answer: z.output<typeof VersionListSchema> = {
        versions: [...items],
        nextCursor: next === undefined ? null : String(next),
      };
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
}
