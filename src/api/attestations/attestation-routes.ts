import type { Context } from 'hono';
import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { SettingsError } from '../../access/settings.ts';
import { manifestYaml } from '../../compiler/emit/manifest-yaml.ts';
import type { Manifest } from '../../compiler/emit/tracing-policy.ts';
import type { CompileOptions } from '../../compiler/model/options.ts';
import { compareText } from '../../compiler/model/ordered.ts';
import { parseValue } from '../../compiler/model/parse.ts';
import { workloadId } from '../../compiler/model/workload.ts';
import { jsonAnswer, jsonText, readDocuments } from '../../http/bodies.ts';
import type { Environment } from '../../http/environment.ts';
import { readObject } from '../../http/object-body.ts';
import { type App, addOperation } from '../../http/openapi.ts';
import { Problem } from '../../http/problems.ts';
import { settingsOf } from '../../http/settings-of.ts';
import { type CompileOutcome, commentsOf } from '../../judgement/compile-judgement.ts';
import { canonicalJson } from '../../policy-sets/canonical.ts';
import { EnvelopeSchema, sign, verify } from '../../provenance/dsse.ts';
import { keyIdOf, type PublicKey, signerOf, verifiersOf } from '../../provenance/signing-keys.ts';
import {
  ALL_MANIFESTS,
  digestSet,
  EXAMPLE_STATEMENT,
  type Statement,
  StatementSchema,
} from '../../provenance/statement.ts';

/** What was asked for, as a statement tells of it. */
interface Input {
  readonly bytes: Uint8Array;
  readonly options: CompileOptions;
}

/**
 * Writes the signed statement of a compilation. Nothing in it depends on when it is made: the same
 * request by the same version gives the same bytes.
 *
 * @throws Problem `not-configured` when there is no key to sign with.
 */
export async function attest(
  context: Context<Environment>,
  { body, version, decisions, notices, permitted }: CompileOutcome,
  { bytes, options }: Input,
): Promise<string> {
  const { key } = settingsOf(context).attestation;
  if (key === undefined) throw noKey();
  const { compiled, manifests } = permitted ?? { compiled: [], manifests: [] };
  if (permitted === undefined) throw new Error('Nothing is attested of what is denied.');
  const encoder = new TextEncoder();
  const subjects: [string, string][] = [
    [ALL_MANIFESTS, manifestYaml(manifests, commentsOf(compiled, notices))],
    ...manifests.map((manifest): [string, string] => [subjectName(manifest), manifestYaml([manifest])]),
  ];
  const statement: Statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: await Promise.all(
      subjects.map(async ([name, text]) => ({ name, digest: await digestSet(encoder.encode(text)) })),
    ),
    predicateType: 'urn:tracewright:compilation:v1',
    predicate: {
      compiler: { name: 'tracewright', version: packageJson.version },
      input: { digest: await digestSet(bytes) },
      options,
      policySet: {
        name: version.name,
        version: version.version,
        digest: { sha256: version.digest.slice('sha256:'.length) },
      },
      services: body.workloads.map(workloadId),
      permitted: [...new Set(decisions.map(({ service, override }) => `${service} ${override}`))].sort(
        compareText,
      ),
    },
  };
  const signer = await signerOf(key).catch(() => {
    throw new SettingsError('The setting ATTESTATION_KEY is wrong: its halves do not belong together.');
  });
  return jsonText(await sign(canonicalJson(statement), signer));
}

function noKey(): SettingsError {
  return new SettingsError('Nothing can be signed: set ATTESTATION_KEY (npm run signing-key).');
}

function subjectName(manifest: Manifest): string {
  const { kind, metadata } = manifest;
  return kind === 'TracingPolicy'
    ? `${kind}/${metadata.name}`
    : `${kind}/${manifest.metadata.namespace}/${metadata.name}`;
}

const VerificationRequestSchema = z
  .strictObject({
    envelope: EnvelopeSchema,
    manifests: z
      .string()
      .optional()
      .meta({
        description: 'The manifests that it shall be about: the answer of `/compile` as YAML, byte for byte.',
        examples: ['---\napiVersion: cilium.io/v1alpha1\n'],
      }),
  })
  .meta({
    id: 'VerificationRequest',
    description: 'An envelope, and the manifests that it shall be about.',
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

function publicKeys(context: Context<Environment>): PublicKey[] {
  const { key, formerKeys } = settingsOf(context).attestation;
  return [...(key === undefined ? [] : [key]), ...formerKeys].map(({ kty, crv, x }) => ({ kty, crv, x }));
}

/** `POST /verify`, `GET /.well-known/jwks.json` */
export function attestationRoutes(app: App): void {
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
      // No envelope in a document is one that this Worker has signed: this one shows the form.
      sample: {
        payloadType: 'application/vnd.in-toto+json',
        payload: 'eyJfdHlwZSI6Imh0dHBzOi8vaW4t',
        signatures: [{ keyid: '8pV1lZ0cE2', sig: 'MEUCIQ==' }],
      },
      description: 'An envelope, as `/compile` answered it, or `{envelope, manifests}`.',
    },
    answer: {
      description: 'It is good.',
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
    handle: async (context) => {
      const keys = publicKeys(context);
      if (keys.length === 0) throw noKey();
      const { value } = readObject(
        await readDocuments(context.req.raw),
        z.union([EnvelopeSchema, VerificationRequestSchema]),
      );
      const { envelope, manifests } = 'envelope' in value ? value : { envelope: value, manifests: undefined };
      const verified = await verify(envelope, await verifiersOf(keys));
      if (verified === undefined)
        throw new Problem(
          'attestation-invalid',
          'No key of ours has signed this: see /.well-known/jwks.json.',
        );
      const statement = readStatement(verified.statement);
      if (manifests !== undefined) {
        const { sha256 } = await digestSet(new TextEncoder().encode(manifests));
        const subject = statement.subject.find(({ digest }) => digest.sha256 === sha256);
        if (subject === undefined)
          throw new Problem('attestation-invalid', 'The signature is good, but it is about other manifests.');
        // One of several policies is less than what was compiled, whoever left the others out.
        if (subject.name !== ALL_MANIFESTS)
          throw new Problem(
            'attestation-invalid',
            `The signature is good, but these manifests are ${subject.name} alone, of ${statement.subject.length - 1} in all: send the whole answer of /compile as YAML.`,
          );
      }
      const answer: z.output<typeof VerificationSchema> = {
        verified: true,
        keyId: verified.keyId,
        statement,
      };
      return jsonAnswer(answer, { 'cache-control': 'no-store' });
    },
  });
}

function readStatement(text: string): Statement {
  // Our own key signed it, so it is JSON; a former version of ours may have written it otherwise.
  const parsed = parseValue(StatementSchema, JSON.parse(text));
  if (parsed.ok) return parsed.data;
  throw new Problem('attestation-invalid', 'The signature is good, but the statement is of another kind.');
}
