import { z } from 'zod';
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { keyIdOf } from '../../provenance/signing-keys.ts';
import { publicKeys } from './signing-settings.ts';

const KeySetSchema = z
  .strictObject({
    keys: z
      .array(
        z.strictObject({
          kty: z.literal('OKP').meta({ description: 'The kind of key.', examples: ['OKP'] }),
          crv: z.literal('Ed25519').meta({ description: 'Its curve.', examples: ['Ed25519'] }),
          x: z.string().meta({
            description: 'The key in base64url.',
            examples: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'],
          }),
          kid: z.string().meta({ description: 'Its name (RFC 7638).', examples: ['8pV1lZ0cE2'] }),
          use: z.literal('sig').meta({ description: 'What it is for.', examples: ['sig'] }),
          alg: z.literal('EdDSA').meta({ description: 'The algorithm.', examples: ['EdDSA'] }),
        }),
      )
      .meta({ description: 'The key that signs now, and former ones.' }),
  })
  .meta({
    id: 'KeySet',
    description: 'The public keys of attestations (RFC 7517).',
    examples: [{ keys: [] }],
  });

/** `GET /.well-known/jwks.json` */
export function getSigningKeys(app: App): void {
  addOperation(app, {
    method: 'get',
    path: '/.well-known/jwks.json',
    operationId: 'getSigningKeys',
    tag: 'Provenance',
    summary: 'The keys that sign attestations',
    description:
      'The public keys by which an attestation can be verified anywhere. Empty when nothing is signed.',
    answer: { description: 'The keys.', content: { 'application/json': { schema: KeySetSchema } } },
    access: 'public',
    problems: [],
    handle: async (context) => {
      const keys = publicKeys(context).map(async (key) => ({
        ...key,
        kid: await keyIdOf(key),
        use: 'sig' as const,
        alg: 'EdDSA' as const,
      }));
      const answer: z.output<typeof KeySetSchema> = { keys: await Promise.all(keys) };
      return jsonAnswer(answer, { 'cache-control': 'public, max-age=300' });
    },
  });
}
