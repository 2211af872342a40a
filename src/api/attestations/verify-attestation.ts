import type { Context } from 'hono';
import { z } from 'zod';
import { parseValue } from '../../compiler/model/parse.ts';
import { jsonAnswer } from '../../http/answers.ts';
import type { Environment } from '../../http/environment.ts';
import { readObject } from '../../http/object-body.ts';
import type { App } from '../../http/openapi.ts';
import { addOperation } from '../../http/operation.ts';
import { Problem } from '../../http/problems.ts';
import { readDocuments } from '../../http/read-body.ts';
import { EnvelopeSchema, verify } from '../../provenance/dsse.ts';
import { verifiersOf } from '../../provenance/signing-keys.ts';
import {
  ALL_MANIFESTS,
  digestSet,
  EXAMPLE_STATEMENT,
  type Statement,
  StatementSchema,
} from '../../provenance/statement.ts';
import { noKey, publicKeys } from './signing-settings.ts';

const VerificationRequestSchema = z
  .strictObject({
    envelope: EnvelopeSchema,
    manifests: z
      .string()
      .optional()
      .meta({
        description: 'The manifests to check it against: the answer of `/compile` as YAML, byte for byte.',
        examples: ['---\napiVersion: cilium.io/v1alpha1\n'],
      }),
  })
  .meta({
    id: 'VerificationRequest',
    description: 'An envelope, and the manifests to check it against.',
    examples: [
      {
        envelope: {
          payloadType: 'application/vnd.in-toto+json',
          payload: 'eyJfdHlwZSI6Imh0dHBzOi8vaW4t',
          signatures: [{ keyid: '8pV1lZ0cE2', sig: 'MEUCIQ==' }],
        },
      },
    ],
  });

const VerificationSchema = z
  .strictObject({
    verified: z.literal(true).meta({
      description: 'Always true: otherwise the answer is the problem `attestation-invalid`.',
      examples: [true],
    }),
    keyId: z.string().meta({ description: 'The `kid` of the key that signed.', examples: ['8pV1lZ0cE2'] }),
    statement: StatementSchema,
  })
  .meta({
    id: 'Verification',
    description: 'The envelope was signed here, and is about these manifests if any were given.',
    examples: [{ verified: true, keyId: '8pV1lZ0cE2', statement: EXAMPLE_STATEMENT }],
  });

/** `POST /verify` */
export function verifyAttestation(app: App): void {
  addOperation(app, {
    method: 'post',
    path: '/verify',
    operationId: 'verifyAttestation',
    tag: 'Provenance',
    summary: 'Verify an attestation',
    description:
      'Answers 200 when one of our keys has signed the envelope and, if manifests are given, it is about them; 422 otherwise, so that `curl --fail` is enough in a pipeline.',
    body: {
      schema: z.union([EnvelopeSchema, VerificationRequestSchema]),
      // This envelope only shows the form: no Worker has signed it.
      sample: {
        payloadType: 'application/vnd.in-toto+json',
        payload: 'eyJfdHlwZSI6Imh0dHBzOi8vaW4t',
        signatures: [{ keyid: '8pV1lZ0cE2', sig: 'MEUCIQ==' }],
      },
      description: 'An envelope, as `/compile` answered it, or `{envelope, manifests}`.',
    },
    answer: {
      description: 'The attestation is valid.',
      content: { 'application/json': { schema: VerificationSchema } },
    },
    access: 'caller',
    problems: [
      'malformed-body',
      'body-too-large',
      'unsupported-media-type',
      'invalid-request',
      'attestation-invalid',
    ],
    handle: answerVerify,
  });
}

/** Verifies the signature of an envelope, and that it is about the manifests that came with it. */
async function answerVerify(context: Context<Environment>): Promise<Response> {
  const keys = publicKeys(context);
  if (keys.length === 0) throw noKey();
  const { value } = readObject(
    await readDocuments(context.req.raw),
    z.union([EnvelopeSchema, VerificationRequestSchema]),
  );
  const { envelope, manifests } = 'envelope' in value ? value : { envelope: value, manifests: undefined };
  const verified = await verify(envelope, await verifiersOf(keys));
  if (verified === undefined)
    throw new Problem('attestation-invalid', 'No key of ours has signed this: see /.well-known/jwks.json.');
  const statement = readStatement(verified.statement);
  if (manifests !== undefined) await refuseOtherManifests(statement, manifests);
  const answer: z.output<typeof VerificationSchema> = {
    verified: true,
    keyId: verified.keyId,
    statement,
  };
  return jsonAnswer(answer, { 'cache-control': 'no-store' });
}

/** Refuses manifests that are not all that a statement is about. @throws Problem `attestation-invalid` */
async function refuseOtherManifests({ subject: subjects }: Statement, manifests: string): Promise<void> {
  const { sha256 } = await digestSet(new TextEncoder().encode(manifests));
  const subject = subjects.find(({ digest }) => digest.sha256 === sha256);
  if (subject === undefined)
    throw new Problem('attestation-invalid', 'The signature is good, but it is about other manifests.');
  // One policy alone protects less than all that were compiled together.
  if (subject.name !== ALL_MANIFESTS)
    throw new Problem(
      'attestation-invalid',
      `The signature is good, but these manifests are ${subject.name} alone, of ${subjects.length - 1} in all: send the whole answer of /compile as YAML.`,
    );
}

/** Reads a statement that one of our keys has signed. @throws Problem `attestation-invalid` when it is of another kind */
function readStatement(text: string): Statement {
  // It is JSON, because our own key signed it; an earlier release may have written other fields.
  const parsed = parseValue(StatementSchema, JSON.parse(text));
  if (parsed.ok) return parsed.data;
  throw new Problem('attestation-invalid', 'The signature is good, but the statement is of another kind.');
}
