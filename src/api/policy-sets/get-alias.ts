import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { Problem } from '../../http/problems.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { AliasStateSchema } from '../../policy-sets/policy-set-schemas.ts';
import { AliasParamsSchema } from './alias-params.ts';
import { ofSet } from './set-params.ts';
import { ask, noSuchSet, registryOf, revisionHeaders } from './writes.ts';

/** `GET /policy-sets/{name}/aliases/{alias}` */
export function getAlias(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/policy-sets/{name}/aliases/{alias}',
    operationId: 'getPolicySetAlias',
    tag: 'Policy sets',
    summary: 'Get an alias',
    description: 'Where an alias points, as the single writer of the set knows it.',
    params: AliasParamsSchema,
    answer: { description: 'The alias.', content: { 'application/json': { schema: AliasStateSchema } } },
    access: ofSet('read'),
    problems: [
      'invalid-request',
      'policy-set-not-found',
      'policy-set-version-not-found',
      'policy-set-unavailable',
    ],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { name, alias } = readParams(context, AliasParamsSchema);
      const standing = await ask(async () => registryOf(context.env, name).read());
      if (standing === undefined) throw noSuchSet(name);
      const state = standing.set.aliases.find((each) => each.alias === alias);
      if (state === undefined)
        throw new Problem('policy-set-version-not-found', `The policy set ${name} has no alias ${alias}.`);
      return jsonAnswer(state, revisionHeaders(standing.set));
    },
  });
}
