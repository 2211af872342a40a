import type { Context } from 'hono';
import packageJson from '../../../package.json' with { type: 'json' };
import { SettingsError } from '../../access/settings.ts';
import { manifestYaml } from '../../compiler/emit/manifest-yaml.ts';
import type { Manifest } from '../../compiler/emit/tracing-policy.ts';
import type { ImageFacts } from '../../compiler/model/image.ts';
import type { CompileOptions } from '../../compiler/model/options.ts';
import { compareText } from '../../compiler/model/ordered.ts';
import { workloadId } from '../../compiler/model/workload.ts';
import { jsonText } from '../../http/answers.ts';
import type { Environment } from '../../http/environment.ts';
import { settingsOf } from '../../http/settings-of.ts';
import { type CompileOutcome, commentsOf } from '../../judgement/compile-judgement.ts';
import { type AssumedImage, assumedImages } from '../../judgement/image-answers.ts';
import type { WorkloadBody } from '../../judgement/workload-body.ts';
import { canonicalJson } from '../../policy-sets/canonical.ts';
import { sign } from '../../provenance/dsse.ts';
import { signerOf } from '../../provenance/signing-keys.ts';
import { ALL_MANIFESTS, digestSet, type Statement } from '../../provenance/statement.ts';
import { noKey } from './signing-settings.ts';

/** The request of a compilation, as its statement describes it. */
export interface AttestedRequest {
  readonly bytes: Uint8Array;
  readonly options: CompileOptions;
}

/**
 * Writes the signed statement of a compilation. It holds no time, so the same request and the same version give the
 * same bytes.
 *
 * @throws SettingsError when there is no key to sign with.
 */
export async function attest(
  context: Context<Environment>,
  { body, version, decisions, notices, permitted }: CompileOutcome,
  { bytes, options }: AttestedRequest,
): Promise<string> {
  const { key } = settingsOf(context).attestation;
  if (key === undefined) throw noKey();
  const { compiled, manifests } = permitted ?? { compiled: [], manifests: [] };
  if (permitted === undefined) throw new Error('A denied compilation cannot be attested.');
  const encoder = new TextEncoder();
  const subjects: [string, string][] = [
    [ALL_MANIFESTS, manifestYaml(manifests, commentsOf(compiled, notices))],
    ...manifests.map((manifest): [string, string] => [subjectName(manifest), manifestYaml([manifest])]),
  ];
  const images = await attestedImages(body);
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
      ...(images.length === 0 ? {} : { images }),
      permitted: [...new Set(decisions.map(({ service, override }) => `${service} ${override}`))].sort(
        compareText,
      ),
    },
  };
  const signer = await signerOf(key).catch(() => {
    throw new SettingsError(
      'The setting ATTESTATION_KEY is not valid: its public and private halves do not belong together. Make a new key: npm run -s signing-key | npx wrangler secret put ATTESTATION_KEY (docs/settings.md).',
    );
  });
  return jsonText(await sign(canonicalJson(statement), signer));
}

/** The configs of images that the policies of a body rest on, in the order of their names. */
async function attestedImages(body: WorkloadBody): Promise<NonNullable<Statement['predicate']['images']>> {
  const assumed = new Map<string, { readonly from: AssumedImage['from']; readonly facts: ImageFacts }>();
  for (const workload of body.workloads) {
    const facts = new Map(workload.containers.map(({ name, knownImage }) => [name, knownImage?.facts]));
    for (const { container, name, from } of assumedImages(workload, body)) {
      const known = facts.get(container);
      if (known !== undefined) assumed.set(name, { from, facts: known });
    }
  }
  return Promise.all(
    [...assumed]
      .sort(([a], [b]) => compareText(a, b))
      .map(
        async ([
          name,
          {
            from,
            facts: { entrypoint, cmd, workingDir, path = null, user },
          },
        ]) => {
          const text = canonicalJson({ entrypoint, cmd, workingDir, path, user });
          return { name, from, facts: await digestSet(new TextEncoder().encode(text)) };
        },
      ),
  );
}

function subjectName(manifest: Manifest): string {
  const { kind, metadata } = manifest;
  return kind === 'TracingPolicy'
    ? `${kind}/${metadata.name}`
    : `${kind}/${manifest.metadata.namespace}/${metadata.name}`;
}
