import type { Context } from 'hono';
import { jsonAnswer } from '../../http/answers.ts';
import type { Environment } from '../../http/environment.ts';
import { readObject } from '../../http/object-body.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { NoQuerySchema, readParams, readQuery } from '../../http/query.ts';
import { BODY_TYPES, readBody, readText } from '../../http/read-body.ts';
import { PolicySetSchema } from '../../policy-sets/policy-set-schemas.ts';
import { ReasonSchema } from './reason.ts';
import { SetParamsSchema } from './set-params.ts';
import { openWrite, revisionHeaders, WRITE_PROBLEMS, WriteHeadersSchema } from './writes.ts';

/** `POST /policy-sets/{name}/archive` and `…/restore` */
export function archivePolicySet(app: App): void {
  for (const [kind, operationId, summary, description] of [
    [
      'archive',
      'archivePolicySet',
      'Archive a policy set',
      'Ends changes to a set, and makes its aliases lead nowhere. Numbers and digests still do, so that what was compiled stays explicable.',
    ],
    ['restore', 'restorePolicySet', 'Restore an archived policy set', 'Undoes archiving.'],
  ] as const) {
    addOperation(app, {
      method: 'post',
      path: `/policy-sets/{name}/${kind}`,
      operationId,
      tag: 'Policy sets',
      summary,
      description,
      params: SetParamsSchema,
      headers: WriteHeadersSchema,
      body: { schema: ReasonSchema, description: 'Why; may be left out.', required: false },
      answer: { description: 'The set.', content: { 'application/json': { schema: PolicySetSchema } } },
      access: (context) => ({
        action: 'activate',
        policySet: readParams(context, SetParamsSchema).name,
        alias: undefined,
      }),
      problems: WRITE_PROBLEMS,
      handle: async (context) => {
        readQuery(context.req.url, NoQuerySchema);
        const { name } = readParams(context, SetParamsSchema);
        const { text, reason } = await readReason(context);
        const write = await openWrite(context, name, text);
        const { set } = write.replayed ?? (await write.commit({ kind, reason }));
        return jsonAnswer(set, revisionHeaders(set));
      },
    });
  }
}

async function readReason(context: Context<Environment>): Promise<{ text: string; reason: string }> {
  const { text, type } = await readBody(context.req.raw, BODY_TYPES);
  const documents = text.trim() === '' ? [] : readText(text, type);
  return { text, reason: readObject(documents, ReasonSchema).value.reason };
}
