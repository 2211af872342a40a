/**
 * The shape of attestations: an in-toto statement of what was compiled, from what and by which policies.
 * @module
 */
import { z } from 'zod';

const Sha256Schema = z
  .strictObject({
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .meta({
        description: 'In hexadecimal.',
        examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
      }),
  })
  .meta({
    id: 'DigestSet',
    description: 'A digest, as in-toto writes them.',
    examples: [{ sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }],
  });

const AttestedImageSchema = z
  .strictObject({
    name: z.string().meta({
      description: 'The digest of the image, or its whole reference.',
      examples: ['docker.io/library/nginx:1.27'],
    }),
    from: z.enum(['request', 'storage']).meta({
      description: 'Whether the request told it, or it was stored before.',
      examples: ['request'],
    }),
    facts: Sha256Schema,
  })
  .meta({
    id: 'AttestedImage',
    description:
      'A config of an image that policies rest on. `facts` is the digest of its `cmd`, `entrypoint`, `path`, `user` and `workingDir` as canonical JSON (RFC 8785).',
    examples: [
      {
        name: 'docker.io/library/nginx:1.27',
        from: 'request',
        facts: { sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
      },
    ],
  });

const EXAMPLE_DIGEST = { sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' };

/** The name of the subject that stands for the whole answer as YAML. */
export const ALL_MANIFESTS = 'manifests.yaml';

/** The statement that the OpenAPI document shows as an example. */
export const EXAMPLE_STATEMENT = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: ALL_MANIFESTS, digest: EXAMPLE_DIGEST }],
  predicateType: 'urn:tracewright:compilation:v1',
  predicate: {
    compiler: { name: 'tracewright', version: '0.1.0' },
    input: { digest: EXAMPLE_DIGEST },
    options: { mode: 'enforce' },
    policySet: { name: 'default', version: 7, digest: EXAMPLE_DIGEST },
    services: ['production/api-server'],
    permitted: [],
  },
};

/** An in-toto Statement v1 of one compilation. */
export const StatementSchema = z
  .strictObject({
    _type: z
      .literal('https://in-toto.io/Statement/v1')
      .meta({ description: 'The version of in-toto.', examples: ['https://in-toto.io/Statement/v1'] }),
    subject: z
      .array(
        z.strictObject({
          name: z.string().meta({
            description:
              '`manifests.yaml`: the answer as YAML, whole. Else `<kind>/<namespace>/<name>`: one document of it.',
            examples: [ALL_MANIFESTS],
          }),
          digest: Sha256Schema,
        }),
      )
      .min(1)
      .meta({ description: 'What was compiled.' }),
    predicateType: z
      .literal('urn:tracewright:compilation:v1')
      .meta({ description: 'What the predicate is.', examples: ['urn:tracewright:compilation:v1'] }),
    predicate: z
      .strictObject({
        compiler: z
          .strictObject({
            name: z.literal('tracewright').meta({ description: 'Its name.', examples: ['tracewright'] }),
            version: z.string().meta({ description: 'Its version.', examples: ['0.1.0'] }),
          })
          .meta({ description: 'What compiled.' }),
        input: z.strictObject({ digest: Sha256Schema }).meta({
          description: 'The body of the request, or the part `workloads` of a form, byte for byte.',
        }),
        options: z
          .record(z.string(), z.unknown())
          .meta({ description: 'The options, defaults filled in.', examples: [{ mode: 'enforce' }] }),
        policySet: z
          .strictObject({
            name: z.string().meta({ description: 'Its name.', examples: ['default'] }),
            version: z
              .int()
              .min(1)
              .meta({ description: 'The version that permitted.', examples: [7] }),
            digest: Sha256Schema,
          })
          .meta({ description: 'The policies that permitted.' }),
        services: z
          .array(z.string())
          .meta({ description: 'The workloads.', examples: [['production/api-server']] }),
        images: z
          .array(AttestedImageSchema)
          .optional()
          .meta({ description: 'The configs of images that the policies rest on, when there are any.' }),
        permitted: z.array(z.string()).meta({
          description: 'The overrides that were permitted, `<service> <override>`.',
          examples: [['production/api-server allowedBinary:/usr/bin/curl']],
        }),
      })
      .meta({ description: 'From what, and by what.' }),
  })
  .meta({
    id: 'Statement',
    description: 'An in-toto statement of what was compiled from what, by which policies.',
    examples: [EXAMPLE_STATEMENT],
  });
/** An in-toto statement: what was compiled from what, and by which policies. */
export type Statement = z.output<typeof StatementSchema>;

/** The SHA-256 of bytes as an in-toto `DigestSet`, in hexadecimal. */
export async function digestSet(bytes: Uint8Array): Promise<{ sha256: string }> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
  return { sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
}
