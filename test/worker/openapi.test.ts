import { type Schema, Validator } from '@cfworker/json-schema';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import committed from '../../openapi/openapi.json' with { type: 'json' };
import { send } from '../support/worker.ts';

const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string().min(1),
  description: z.string().min(1),
  tags: z.array(z.string()).length(1),
  parameters: z
    .array(z.looseObject({ name: z.string(), schema: z.unknown(), description: z.string().optional() }))
    .optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string().min(1) })),
});
const Document = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({
    schemas: z.record(
      z.string(),
      z.looseObject({ description: z.string().optional(), examples: z.array(z.unknown()).optional() }),
    ),
  }),
});
const document = Document.parse(committed);
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

test('the checked-in document is what the code says (npm run openapi)', async () => {
  expect(await (await send('/openapi.json')).json()).toEqual(committed);
});

describe('the document', () => {
  test('is OpenAPI 3.1', () => {
    expect(document.openapi).toBe('3.1.0');
  });

  test('names each operation once, as a client would call it', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names)
      expect(name).toMatch(
        /^(get|list|create|set|build|compile|authorize|publish|check|diff|assess|archive|restore)[A-Z][A-Za-z]+$/,
      );
  });

  test.each(Object.keys(document.components.schemas))('%s has a description and an example', (name) => {
    const schema = document.components.schemas[name];
    expect(schema?.description ?? '').not.toBe('');
    expect(schema?.examples ?? []).not.toEqual([]);
  });

  test.each(Object.keys(document.components.schemas))('the examples of %s fit it', (name) => {
    const root: Schema = { ...document, $ref: `#/components/schemas/${name}` };
    for (const example of document.components.schemas[name]?.examples ?? []) {
      expect(new Validator(root, '2020-12', false).validate(example).errors).toEqual([]);
    }
  });
});
