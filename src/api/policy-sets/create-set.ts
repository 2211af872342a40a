import { z } from 'zod';
import { LIMITS } from '../../compiler/model/limits.ts';
import { jsonAnswer } from '../../http/answers.ts';
import { askedInBody } from '../../http/guard.ts';
import { readObject } from '../../http/object-body.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { permit } from '../../http/permit.ts';
import { NoQuerySchema, readQuery } from '../../http/query.ts';
import { BODY_TYPES, readBody, readText } from '../../http/read-body.ts';
import { PolicySetSchema } from '../../policy-sets/policy-set-schemas.ts';
import { PolicySetNameSchema } from '../../policy-sets/references.ts';
import { CreateHeadersSchema, openWrite, revisionHeaders, WRITE_PROBLEMS } from './writes.ts';

const NewPolicySetSchema = z
  .strictObject({
    name: PolicySetNameSchema,
    description: z
      .string()
      .max(LIMITS.message)
      .default('')
      .meta({ description: 'What it is for.', examples: ['What production may run.'] }),
  })
  .meta({
    id: 'NewPolicySet',
    description: 'A policy set to create.',
    examples: [{ name: 'default', description: 'What production may run.' }],
  });

/** `POST /policy-sets` */
export function createPolicySet(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/policy-sets',
    operationId: 'createPolicySet',
    tag: 'Policy sets',
    summary: 'Create a policy set',
    description:
      'Creates an empty policy set. Until a version is active, it permits nothing and compiles nothing.',
    headers: CreateHeadersSchema,
    body: {
      schema: NewPolicySetSchema,
      sample: { name: 'payments', description: 'What the payments team may run.' },
      description: 'Its name, and what it is for.',
    },
    answer: {
      description: 'It is there.',
      created: 'It was created.',
      content: { 'application/json': { schema: PolicySetSchema } },
    },
    access: askedInBody('publish'),
    problems: [
      ...WRITE_PROBLEMS.filter(
        (code) =>
          code !== 'policy-set-not-found' &&
          code !== 'policy-set-archived' &&
          !code.startsWith('precondition-'),
      ),
      'policy-set-exists',
    ],
    handle: async (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { text, type } = await readBody(context.req.raw, BODY_TYPES);
      const { name, description } = readObject(readText(text, type), NewPolicySetSchema).value;
      await permit(context, [{ action: 'publish', policySet: name }]);
      const write = await openWrite(context, name, text, true);
      const { set } = write.replayed ?? (await write.commit({ kind: 'create', description, reason: '' }));
      return jsonAnswer(set, { ...revisionHeaders(set), location: `/policy-sets/${name}` }, 201);
    },
  });
}
