import { env } from 'cloudflare:workers';
import { OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { type Schema, Validator } from '@cfworker/json-schema';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import committed from '../../openapi/openapi.json' with { type: 'json' };
import { createApp } from '../../src/app.ts';
import { Isolate } from '../../src/isolate.ts';
import { problem, send } from '../support/worker.ts';

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

test('the document is made once, and asked for again by its ETag', async () => {
  const app = createApp(new Isolate());
  const made = vi.spyOn(OpenApiGeneratorV31.prototype, 'generateDocument');
  const request = (headers: Record<string, string> = {}) =>
    app.request('http://tracewright.test/openapi.json', { headers }, env);
  const first = await request();
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
  expect(await (await request()).text()).toBe(await first.text());
  const known = await request({ 'if-none-match': etag });
  expect([known.status, await known.text()]).toEqual([304, '']);
  expect(made).toHaveBeenCalledTimes(1);
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
        /^(get|list|create|set|build|compile|authorize|explain|learn|publish|check|diff|assess|archive|restore|revoke|remove|verify|run|review)[A-Z][A-Za-z]+$/,
      );
  });

  test('every write to a policy set takes If-Match and Idempotency-Key, and says how they fail', () => {
    const writes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => path.startsWith('/policy-sets/{name}') && method !== 'get')
        .map(([, operation]) => operation)
        .filter(({ operationId }) => !/^(check|assess)/.test(operationId)),
    );
    expect(writes.map(({ operationId }) => operationId).sort()).toEqual([
      'archivePolicySet',
      'publishVersion',
      'restorePolicySet',
      'setPolicySetAlias',
      'setPolicySetCorpus',
    ]);
    for (const { parameters = [], responses } of writes) {
      expect(parameters.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['if-match', 'idempotency-key']),
      );
      expect(Object.keys(responses)).toEqual(
        expect.arrayContaining(['404', '409', '412', '422', '428', '503']),
      );
    }
  });

  test('every parameter of a path is described, and those alone', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const expected = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
      for (const { parameters = [] } of Object.values(methods)) {
        const described = parameters.filter((parameter) => parameter.in === 'path');
        expect(described.map(({ name }) => name).sort()).toEqual(expected);
        for (const { description } of parameters) expect(description ?? '').not.toBe('');
      }
    }
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

describe('the page', () => {
  test('the root leads a browser to it, and tells others where things are', async () => {
    const browser = await send('/', {
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
      redirect: 'manual',
    });
    expect(`${browser.status} ${browser.headers.get('location')}`).toBe('302 /docs');
    const other = await send('/', { headers: { accept: '*/*' } });
    expect(other.status).toBe(200);
    expect(await other.json()).toMatchObject({
      name: 'Tracewright',
      documentation: '/docs',
      openapi: '/openapi.json',
    });
  });

  test.each([
    ['/favicon.ico', 'image/svg+xml', /^<svg /],
    ['/docs', 'text/html; charset=utf-8', /docs\/theme\.css/],
    ['/docs/theme.css', 'text/css; charset=utf-8', /opblock-post/],
    ['/docs/start.js', 'text/javascript; charset=utf-8', /persistAuthorization: true/],
    ['/docs/swagger-ui.js', 'text/javascript; charset=utf-8', /SwaggerUIBundle/],
    ['/docs/swagger-ui.css', 'text/css; charset=utf-8', /\.swagger-ui/],
  ])('%s', async (path, type, content) => {
    const response = await send(path);
    expect(`${response.status} ${response.headers.get('content-type')}`).toBe(`200 ${type}`);
    expect(await response.text()).toMatch(content);
  });

  test('loads nothing but files of this Worker, each under the policy of the page', async () => {
    const page = await (await send('/docs')).text();
    const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file);
    expect(files).toContain('/docs/swagger-ui.js');
    for (const file of files) {
      expect(file).toMatch(/^\/[a-z]/);
      const answer = await send(file);
      expect(`${file} ${answer.status}`).toBe(`${file} 200`);
      expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; /);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('a file of the assets folder is served only where the API has a route to it', async () => {
    for (const path of ['/.assetsignore', '/.gitignore', '/docs/swagger-ui.js.map'])
      await problem(await send(path), 'not-found');
  });
});
