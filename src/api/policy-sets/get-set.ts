import { z } from 'zod';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { PolicySetSchema } from '../../policy-sets/policy-set-schemas.ts';
import { ofSet, SetParamsSchema } from './set-params.ts';
import { ask, noSuchSet, registryOf, revisionHeaders } from './writes.ts';

/** The schema of the answer of `GET /policy-sets/{name}`. */
export const StandingSchema = PolicySetSchema.extend({
  pendingWrites: z.int().meta({
    description: 'Writes that KV has not taken yet. While there are any, readers may see what was before.',
    examples: [0],
  }),
}).meta({
  id: 'PolicySetStanding',
  description: 'A policy set, and how much of it readers have yet to see.',
  examples: [
    {
      name: 'default',
      description: '',
      archived: false,
      createdAt: '2026-01-01T00:00:00Z',
      revision: 1,
      latest: null,
      aliases: [],
      corpus: null,
      pendingWrites: 0,
    },
  ],
});

/** `GET /policy-sets/{name}` */
export function getPolicySet(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}',
    operationId: 'getPolicySet',
    tag: 'Policy sets',
    summary: 'Get a policy set',
    description:
      'A policy set as its single writer knows it: its latest version, its aliases, and the ETag that writes name in If-Match.',
    params: SetParamsSchema,
    answer: { description: 'The set.', content: { 'application/json': { schema: StandingSchema } } },
    access: ofSet('read'),
    problems: ['invalid-request', 'policy-set-not-found', 'policy-set-unavailable'],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { name } = readParams(context, SetParamsSchema);
      const standing = await ask(async () => registryOf(context.env, name).read());
      if (standing === undefined) throw noSuchSet(name);
      const answer: z.output<typeof StandingSchema> = {
        ...standing.set,
        pendingWrites: standing.pendingWrites,
      };
      return jsonAnswer(answer, revisionHeaders(standing.set));
    },
  });
}
