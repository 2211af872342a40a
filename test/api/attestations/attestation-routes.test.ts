import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import apiServer from '../../../examples/api-server.yaml?raw';
import denied from '../../../examples/denied.yaml?raw';
import { EnvelopeSchema } from '../../../src/provenance/dsse.ts';
import { newSigningKey } from '../../../src/provenance/new-signing-key.ts';
import { StatementSchema } from '../../../src/provenance/statement.ts';
import { json, workerWith } from '../../support/management.ts';
import { postJson, postYaml, problem, publish, send, sendAs, yamlText } from '../../support/worker.ts';

const COMPILE = '/compile?policySet=attested';

const YAML_POST = { method: 'POST', body: apiServer, headers: { 'content-type': 'application/yaml' } };

let digest = '';
beforeAll(async () => {
  ({ digest } = await publish('@id("all") permit (principal, action, resource);', 'attested'));
  await publish('@id("none") forbid (principal, action, resource);', 'refused');
});

async function sha256(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function envelopeOf(response: Response) {
  expect(`${response.status} ${response.headers.get('content-type')}`).toBe(
    '200 application/vnd.in-toto+json',
  );
  return EnvelopeSchema.parse(JSON.parse(await yamlText(response)));
}

const attested = async (query = '') =>
  envelopeOf(await postYaml(`${COMPILE}&attest=true${query}`, apiServer));
const bytes = (text: string) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
const statementOf = ({ payload }: { payload: string }) =>
  StatementSchema.parse(JSON.parse(new TextDecoder().decode(bytes(payload))));

describe('an attestation', () => {
  test('states input, policies, compiler and output by digest', async () => {
    const yaml = await yamlText(await postYaml(`${COMPILE}&output=yaml`, apiServer));
    const statement = statementOf(await attested());
    expect(statement.subject[0]).toEqual({ name: 'manifests.yaml', digest: { sha256: await sha256(yaml) } });
    // Comments stand above the first.
    const documents = yaml.split(/^(?=---\n)/m).filter((text) => text.startsWith('---'));
    expect(statement.subject.slice(1)).toEqual(
      await Promise.all(
        ['allow-binaries', 'block-capset', 'block-rootfs-write', 'block-setuid'].map(
          async (policy, index) => ({
            name: `TracingPolicyNamespaced/production/${policy}-api-server`,
            digest: { sha256: await sha256(documents[index] ?? '') },
          }),
        ),
      ),
    );
    expect(statement.predicate).toMatchObject({
      compiler: { name: 'tracewright' },
      input: { digest: { sha256: await sha256(apiServer) } },
      options: { mode: 'enforce', layout: 'per-policy' },
      policySet: { name: 'attested', version: 1, digest: { sha256: digest.slice('sha256:'.length) } },
      services: ['production/api-server'],
      permitted: [
        'production/api-server allowedBinary:/usr/bin/api-server',
        'production/api-server allowedBinary:/usr/bin/curl',
      ],
    });
  });

  test('can be verified by anybody with the published keys (DSSE v1, Ed25519)', async () => {
    const { payload, payloadType, signatures } = await attested();
    const { keys } = z
      .object({
        keys: z.array(
          z.strictObject({
            kty: z.string(),
            crv: z.string(),
            x: z.string(),
            kid: z.string(),
            use: z.string(),
            alg: z.string(),
          }),
        ),
      })
      .parse(await (await sendAs(null, '/.well-known/jwks.json')).json());
    expect(keys).toHaveLength(1);
    expect(signatures.map(({ keyid }) => keyid)).toEqual(keys.map(({ kid }) => kid));
    const key = await crypto.subtle.importKey(
      'jwk',
      { kty: 'OKP', crv: 'Ed25519', x: keys[0]?.x ?? '' },
      'Ed25519',
      false,
      ['verify'],
    );
    const head = new TextEncoder().encode(
      `DSSEv1 ${payloadType.length} ${payloadType} ${bytes(payload).length} `,
    );
    const message = new Uint8Array([...head, ...bytes(payload)]);
    expect(await crypto.subtle.verify('Ed25519', key, bytes(signatures[0]?.sig ?? ''), message)).toBe(true);
  });

  test('is the same for the same request, and another for another', async () => {
    const first = await attested();
    expect(await attested()).toEqual(first);
    expect((await attested('&mode=monitor')).payload).not.toBe(first.payload);
  });

  test('is not made of what is denied', async () => {
    await problem(await postYaml('/compile?policySet=refused&attest=true', denied), 'overrides-denied');
  });

  test('needs a key', async () => {
    const without = workerWith({ ATTESTATION_KEY: undefined });
    await problem(await without(`${COMPILE}&attest=true`, YAML_POST), 'not-configured');
    expect(await (await without('/.well-known/jwks.json', {}, null)).json()).toEqual({ keys: [] });
    await problem(await without('/verify', json('POST', await attested())), 'not-configured');
  });

  test.each([
    ['no JSON', 'x'],
    ['no key', '{}'],
    ['a public key', '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'],
  ])('a setting that is %s ends in an error that names it', async (_, value) => {
    const wrong = workerWith({ ATTESTATION_KEY: value });
    const { detail } = await problem(await wrong(`${COMPILE}&attest=true`, YAML_POST), 'not-configured');
    expect(detail).toContain('ATTESTATION_KEY');
    expect(detail).not.toContain('11qY');
  });

  test('halves of two keys are an error too', async () => {
    const [a, b] = [await newSigningKey(), await newSigningKey()];
    const mixed = workerWith({ ATTESTATION_KEY: JSON.stringify({ ...a, x: b.x }) });
    const response = await mixed(`${COMPILE}&attest=true`, YAML_POST);
    // Where the runtime does not compare the halves, the signature is good by neither key.
    if (response.status === 200)
      await problem(await mixed('/verify', json('POST', await response.json())), 'attestation-invalid');
    else await problem(response, 'not-configured');
  });
});

describe('POST /verify', () => {
  test('tells who signed what', async () => {
    const envelope = await attested();
    const answer = z
      .object({ verified: z.boolean(), keyId: z.string(), statement: z.unknown() })
      .parse(await (await postJson('/verify', envelope)).json());
    expect(answer).toEqual({
      verified: true,
      keyId: envelope.signatures[0]?.keyid,
      statement: statementOf(envelope),
    });
  });

  test('holds manifests against it', async () => {
    const envelope = await attested();
    const manifests = await yamlText(await postYaml(`${COMPILE}&output=yaml`, apiServer));
    expect((await postJson('/verify', { envelope, manifests })).status).toBe(200);
    await problem(
      await postJson('/verify', { envelope, manifests: `${manifests}\n` }),
      'attestation-invalid',
    );
  });

  test('takes one of several policies for less than the whole', async () => {
    const envelope = await attested();
    const { manifests } = z
      .object({ manifests: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })) })
      .parse(await (await postYaml(COMPILE, apiServer)).json());
    expect(manifests.length).toBeGreaterThan(1);
    const subjects = z
      .looseObject({ subject: z.array(z.looseObject({ digest: z.object({ sha256: z.string() }) })) })
      .parse(statementOf(envelope)).subject;
    const whole = await yamlText(await postYaml(`${COMPILE}&output=yaml`, apiServer));
    let found = 0;
    for (const text of whole.split(/^(?=---\n)/m)) {
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
      const sha256 = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
      if (!subjects.some(({ digest }) => digest.sha256 === sha256)) continue;
      found += 1;
      const { detail } = await problem(
        await postJson('/verify', { envelope, manifests: text }),
        'attestation-invalid',
      );
      expect(detail).toContain(`alone, of ${manifests.length} in all`);
    }
    expect(found).toBe(manifests.length);
  });

  test('refuses what was changed, or signed by another key', async () => {
    const envelope = await attested();
    const changed = btoa(atob(envelope.payload).replace('api-server', 'api-servex'));
    await problem(await postJson('/verify', { ...envelope, payload: changed }), 'attestation-invalid');
    await problem(
      await postJson('/verify', { ...envelope, signatures: [{ ...envelope.signatures[0], sig: '!' }] }),
      'attestation-invalid',
    );
    await problem(
      await postJson('/verify', { ...envelope, signatures: [{ ...envelope.signatures[0], keyid: 'x' }] }),
      'attestation-invalid',
    );
    const other = workerWith({ ATTESTATION_KEY: JSON.stringify(await newSigningKey()) });
    await problem(await other('/verify', json('POST', envelope)), 'attestation-invalid');
    await problem(await postJson('/verify', { ...envelope, payloadType: 'text/plain' }), 'invalid-request');
  });

  test('keeps trusting former keys', async () => {
    const former = await newSigningKey();
    const then = workerWith({ ATTESTATION_KEY: JSON.stringify(former) });
    const { d: _, ...published } = former;
    const now = workerWith({ ATTESTATION_FORMER_KEYS: JSON.stringify({ keys: [published] }) });
    const envelope = await envelopeOf(await then(`${COMPILE}&attest=true`, YAML_POST));
    expect((await now('/verify', json('POST', envelope))).status).toBe(200);
    expect(JSON.stringify(await (await send('/.well-known/jwks.json')).json())).not.toContain('"d"');
  });
});
