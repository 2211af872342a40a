import { z } from 'zod';
import { LIMITS } from '../compiler/model/limits.ts';

/** The ways in which a caller can be identified. */
const CALLER_KINDS = ['admin-key', 'api-key', 'oidc', 'access', 'local'] as const;

/** An optional claim of a token that is an attribute of the caller. */
const claim = (description: string, example: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .max(LIMITS.claimLength)
    .optional()
    .meta({ description, examples: [example] });

/** A caller, as management policies see it. */
export const CallerSchema = z
  .strictObject({
    kind: z
      .enum(CALLER_KINDS)
      .meta({ description: 'How it was identified; `access` is Cloudflare Access.', examples: ['oidc'] }),
    issuer: z
      .string()
      .max(LIMITS.claimLength)
      .default('tracewright')
      .meta({
        description: 'Who vouches for it: the issuer of its token, or `tracewright` for keys.',
        examples: ['https://token.actions.githubusercontent.com'],
      }),
    subject: z
      .string()
      .max(LIMITS.claimLength)
      .default('test')
      .meta({
        description: 'Who it is there: the subject of the token, or the id of the key.',
        examples: ['repo:acme/shop:ref:refs/heads/main'],
      }),
    scopes: z
      .array(z.string())
      .default([])
      .meta({ description: 'What an API key was made for; tokens have none.', examples: [['compile']] }),
    groups: z
      .array(z.string())
      .default([])
      .meta({ description: 'The groups that the token names.', examples: [['platform']] }),
    email: claim('Its address, when the issuer has verified it.', 'ada@example.org'),
    repository: claim('The repository that a pipeline runs for.', 'acme/shop'),
    ref: claim('The git ref that it runs for.', 'refs/heads/main'),
    environment: claim('The deployment environment that it runs for.', 'production'),
    claims: z
      .record(z.string(), z.string())
      .default({})
      .meta({
        description: 'Further claims of the token; `principal.getTag("…")` in a policy.',
        examples: [{ actor: 'ada' }],
      }),
  })
  .meta({
    id: 'Caller',
    description: 'Who calls, as the policies of the set `management` see it.',
    examples: [
      {
        kind: 'oidc',
        issuer: 'https://token.actions.githubusercontent.com',
        subject: 'repo:acme/shop:ref:refs/heads/main',
        repository: 'acme/shop',
        ref: 'refs/heads/main',
      },
    ],
  });

/** A caller, as management policies see it. */
export type Caller = z.output<typeof CallerSchema>;

/** The id of a caller: `<issuer>#<subject>`. No issuer has a `#` in its name. */
export function callerId({ issuer, subject }: Pick<Caller, 'issuer' | 'subject'>): string {
  return `${issuer}#${subject}`;
}
