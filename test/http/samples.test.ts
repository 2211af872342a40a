import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import document from '../../openapi/openapi.json' with { type: 'json' };
import payments from '../../policies/10-payments.cedar?raw';
import media from '../../policies/20-media.cedar?raw';
import platform from '../../policies/30-platform.cedar?raw';
import guardrails from '../../policies/90-guardrails.cedar?raw';
import entities from '../../policies/entities.json' with { type: 'json' };
import schema from '../../policies/schema.cedarschema';
import { ProblemSchema } from '../../src/http/problem-schema.ts';
import { readCedarText } from '../../src/policy-sets/read-policies.ts';
import { problem, send } from '../support/worker.ts';

const Schema = z.looseObject({
  $ref: z.string().optional(),
  allOf: z.array(z.looseObject({ $ref: z.string().optional() })).optional(),
  examples: z.array(z.unknown()).optional(),
});
const Parameter = z.looseObject({
  name: z.string(),
  in: z.string(),
  required: z.boolean().optional(),
  schema: Schema,
});
const Content = z.record(
  z.string(),
  z.looseObject({
    schema: Schema.optional(),
    example: z.unknown().optional(),
    examples: z.record(z.string(), z.looseObject({ $ref: z.string() })).optional(),
  }),
);
const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        parameters: z.array(Parameter).default([]),
        requestBody: z.looseObject({ content: Content }).optional(),
        responses: z.record(z.string(), z.looseObject({ content: Content.optional() })),
      }),
    ),
  ),
  components: z.looseObject({
    schemas: z.record(z.string(), z.looseObject({ examples: z.array(z.unknown()).optional() })),
    examples: z.record(z.string(), z.looseObject({ value: ProblemSchema })),
  }),
});
const { paths, components } = Document.parse(document);
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
);

async function publishExamples(): Promise<void> {
  const text = [payments, media, platform, guardrails].join('\n');
  const { policies } = readCedarText(text);
  const json = { 'content-type': 'application/json', 'if-match': '*' };
  const created = await send('/policy-sets', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ name: 'default' }),
  });
  expect(created.status).toBe(201);
  const body = JSON.stringify({ policies, schema, entities, message: 'The example.' });
  const version = await send('/policy-sets/default/versions', { method: 'POST', headers: json, body });
  expect(`${version.status} ${version.status === 201 ? '' : await version.text()}`).toBe('201 ');
  const alias = await send('/policy-sets/default/aliases/active', {
    method: 'PUT',
    headers: json,
    body: '{"version":1}',
  });
  expect(alias.status).toBe(200);
  const { example } =
    paths['/policy-sets/{name}/corpus']?.put?.requestBody?.content['application/json'] ?? {};
  const corpus = await send('/policy-sets/default/corpus', {
    method: 'PUT',
    headers: json,
    body: JSON.stringify(example),
  });
  expect(corpus.status).toBe(200);
}

let keyId = '';
beforeAll(async () => {
  await publishExamples();
  const key = await send('/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'x', owner: 'ada@example.org', scopes: ['compile'] }),
  });
  keyId = z.looseObject({ id: z.string() }).parse(await key.json()).id;
});

function exampleOf({ name, schema }: z.output<typeof Parameter>): string {
  if (name === 'id') return keyId;
  return String(examplesOf(schema)[0]);
}

function examplesOf({ examples, $ref, allOf = [] }: z.output<typeof Schema>): readonly unknown[] {
  if (examples !== undefined) return examples;
  const named = $ref ?? allOf.find((each) => each.$ref !== undefined)?.$ref ?? '';
  return components.schemas[named.split('/').at(-1) ?? '']?.examples ?? [];
}

/** A form with the parts of an example. */
function formOf(example: unknown): FormData {
  const form = new FormData();
  for (const [name, text] of Object.entries(z.record(z.string(), z.string()).parse(example)))
    form.set(name, text);
  return form;
}

describe('what the page offers to try', () => {
  // Archiving ends the set for those that follow, so it comes last, and restoring it after.
  const rank = (id: string): number => ['archivePolicySet', 'restorePolicySet', 'revokeApiKey'].indexOf(id);
  const ordered = operations.toSorted((a, b) => rank(a.operationId) - rank(b.operationId));

  const samples = ordered.flatMap(({ path, method, operationId, parameters, requestBody }) =>
    Object.entries(requestBody?.content ?? { '': {} }).map(([type, { example, schema: form }]) => ({
      operationId,
      path,
      method,
      parameters,
      type,
      example: example ?? examplesOf(form ?? {})[0],
    })),
  );

  let made = 0;
  test.each(samples.filter(({ operationId }) => operationId !== 'verifyAttestation'))(
    '$operationId $type',
    async ({ path, method, parameters, type, example }) => {
      let at = path;
      // A form says by itself what separates its parts.
      const headers: Record<string, string> = ['', 'multipart/form-data'].includes(type)
        ? {}
        : { 'content-type': type };
      for (const parameter of parameters) {
        if (parameter.in === 'path')
          at = at.replace(`{${parameter.name}}`, encodeURIComponent(exampleOf(parameter)));
        if (parameter.name === 'if-match') headers['if-match'] = exampleOf(parameter);
      }
      const sample = typeof example === 'string' ? example : JSON.stringify(example ?? null);
      // A set is created once; each media type makes another.
      const body = path === '/policy-sets' ? sample.replace('payments', `payments-${made++}`) : sample;
      if (type !== '') expect(example).toBeDefined();
      if (type.endsWith('yaml')) expect(parse(body)).toBeInstanceOf(Object);
      const response = await send(at, {
        method: method.toUpperCase(),
        headers,
        ...(type === '' ? {} : { body: type === 'multipart/form-data' ? formOf(example) : body }),
      });
      const text = await response.text();
      expect(`${response.status} ${response.status < 300 ? '' : text}`).toMatch(/^20[01] $/);
    },
  );

  test('an envelope, which only the Worker itself can sign, is read and found not to be its own', async () => {
    for (const { path, type, example } of samples.filter(
      ({ operationId }) => operationId === 'verifyAttestation',
    )) {
      const body = typeof example === 'string' ? example : JSON.stringify(example);
      const response = await send(path, { method: 'POST', headers: { 'content-type': type }, body });
      await problem(response, 'attestation-invalid');
    }
  });
});

describe('the errors of every operation', () => {
  test.each(operations)('$operationId: each status has examples of its own', ({ responses }) => {
    for (const [status, { content }] of Object.entries(responses)) {
      const problem = content?.['application/problem+json'];
      if (problem === undefined) continue;
      const examples = Object.values(problem.examples ?? {});
      expect(examples).not.toEqual([]);
      for (const { $ref } of examples) {
        const value = components.examples[$ref.split('/').at(-1) ?? '']?.value;
        expect(String(value?.status)).toBe(status);
      }
    }
  });
});
