import { z } from 'zod';
import { CallerSchema } from '../../cedar/caller.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { NoQuerySchema, readQuery } from '../../http/query.ts';
import { PersonSchema } from '../../policy-sets/person.ts';
import { identityOf, NO_STORE } from './key-request.ts';

/** The schema of the answer of `GET /caller`. */
export const KnownCallerSchema = CallerSchema.extend({
  person: PersonSchema.meta({
    description: 'The person behind the caller, as the history and the log name them.',
  }),
  keyExpiresAt: z.iso
    .datetime()
    .nullable()
    .meta({
      description: 'When the API key expires (RFC 3339, UTC); null for callers without one.',
      examples: ['2026-04-01T00:00:00Z'],
    }),
}).meta({
  id: 'KnownCaller',
  description: 'Who calls, and who stands behind it.',
  examples: [
    {
      kind: 'oidc',
      issuer: 'https://token.actions.githubusercontent.com',
      subject: 'repo:acme/shop:ref:refs/heads/main',
      scopes: [],
      groups: [],
      repository: 'acme/shop',
      ref: 'refs/heads/main',
      claims: { actor: 'ada', actor_id: '583231' },
      person: { id: 'https://token.actions.githubusercontent.com#583231', name: 'ada' },
      keyExpiresAt: null,
    },
  ],
});

/** `GET /caller` */
export function getCaller(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/caller',
    operationId: 'getCaller',
    tag: 'Access',
    summary: 'Who am I?',
    description: 'The caller as management policies see it: what a policy about a pipeline can speak of.',
    access: 'caller',
    answer: { description: 'The caller.', content: { 'application/json': { schema: KnownCallerSchema } } },
    problems: ['invalid-request'],
    handle: (context) => {
      readQuery(context.req.url, NoQuerySchema);
      const { caller, person, expiresAt } = identityOf(context);
      const answer: z.output<typeof KnownCallerSchema> = {
        ...caller,
        person,
        keyExpiresAt: expiresAt ?? null,
      };
      return jsonAnswer(answer, NO_STORE);
    },
  });
}
