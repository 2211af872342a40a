import { accepts } from 'hono/accepts';
import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { engineReady } from '../../cedar/engine.ts';
import { jsonAnswer, jsonText, taggedAnswer } from '../../http/bodies.ts';
import { type App, addOperation, openApiDocument } from '../../http/openapi.ts';
import { Problem } from '../../http/problems.ts';
import { digestOf } from '../../policy-sets/canonical.ts';
import { probeStorage } from '../../policy-sets/kv-access.ts';
import { PolicySetError } from '../../policy-sets/policy-set-error.ts';
import { DOCS, DOCS_ASSETS, DOCS_POLICY } from './docs-page.ts';

const HealthSchema = z
  .strictObject({
    status: z
      .literal('ok')
      .meta({ description: 'Always `ok`; otherwise there is no such answer.', examples: ['ok'] }),
  })
  .meta({ id: 'Health', description: 'The Worker runs.', examples: [{ status: 'ok' }] });

const ReadinessSchema = z
  .strictObject({
    status: z.literal('ok').meta({ description: 'Everything needed to decide is there.', examples: ['ok'] }),
    cedar: z.literal('ok').meta({ description: 'Cedar is loaded and answers.', examples: ['ok'] }),
    storage: z.literal('ok').meta({ description: 'KV can be read.', examples: ['ok'] }),
  })
  .meta({
    id: 'Readiness',
    description: 'The Worker can decide and compile.',
    examples: [{ status: 'ok', cedar: 'ok', storage: 'ok' }],
  });

async function tagged(text: string): Promise<{ readonly text: string; readonly etag: string }> {
  return { text, etag: `"${(await digestOf(text)).slice('sha256:'.length)}"` };
}

/** What stands at the root. */
const SERVICE = {
  name: 'Tracewright',
  version: packageJson.version,
  documentation: '/docs',
  openapi: '/openapi.json',
  health: '/healthz',
} as const;

/** Health, readiness, the OpenAPI document and the page that shows it. */
export function systemRoutes(app: App): void {
  // Made when it is first asked for: all operations are there then, and they never change.
  let document: ReturnType<typeof tagged> | undefined;
  addOperation(app, {
    method: 'get',
    path: '/healthz',
    operationId: 'getHealth',
    tag: 'System',
    summary: 'Liveness',
    description: 'Answers as long as the Worker runs.',
    answer: { description: 'It runs.', content: { 'application/json': { schema: HealthSchema } } },
    access: 'public',
    problems: [],
    handle: () =>
      jsonAnswer({ status: 'ok' } satisfies z.output<typeof HealthSchema>, { 'cache-control': 'no-store' }),
  });
  addOperation(app, {
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    tag: 'System',
    summary: 'Readiness',
    description: 'Answers when Cedar is loaded and KV can be read.',
    answer: { description: 'It can decide.', content: { 'application/json': { schema: ReadinessSchema } } },
    access: 'public',
    problems: ['not-ready'],
    handle: async ({ env }) => {
      if (!engineReady()) throw new Problem('not-ready', 'Cedar does not answer.');
      try {
        await probeStorage(env.POLICY_SETS);
      } catch (error) {
        if (error instanceof PolicySetError) throw new Problem('not-ready', 'KV cannot be read.');
        throw error;
      }
      return jsonAnswer(
        { status: 'ok', cedar: 'ok', storage: 'ok' } satisfies z.output<typeof ReadinessSchema>,
        { 'cache-control': 'no-store' },
      );
    },
  });
  addOperation(app, {
    method: 'get',
    path: '/openapi.json',
    operationId: 'getOpenApiDocument',
    tag: 'System',
    summary: 'This document',
    description: 'The OpenAPI 3.1 document of this API, generated from its code. `/docs` shows it as a page.',
    answer: {
      description: 'The document.',
      content: {
        'application/json': {
          schema: z.looseObject({}).meta({
            id: 'OpenApiDocument',
            description: 'An OpenAPI 3.1 document.',
            examples: [{ openapi: '3.1.0' }],
          }),
        },
      },
    },
    access: 'public',
    problems: [],
    handle: async (context) => {
      document ??= tagged(jsonText(openApiDocument(app)));
      const { text, etag } = await document;
      return taggedAnswer(
        context,
        new Response(text, { headers: { 'content-type': 'application/json', etag } }),
      );
    },
  });
  // A browser wants a page, and everybody else is told where things are.
  app.get('/', (context) => {
    const page = accepts(context, {
      header: 'Accept',
      supports: ['application/json', 'text/html'],
      default: 'application/json',
    });
    const headers = { vary: 'accept', 'cache-control': 'no-cache' };
    if (page === 'text/html')
      return new Response(null, { status: 302, headers: { ...headers, location: '/docs' } });
    return jsonAnswer(SERVICE, headers);
  });
  for (const [path, { type, content }] of Object.entries(DOCS))
    app.get(path, () => new Response(content, { headers: docsHeaders(type) }));
  for (const [path, type] of Object.entries(DOCS_ASSETS)) {
    app.get(path, async ({ env, req }) => {
      const file = await env.ASSETS.fetch(new URL(path, req.url));
      if (!file.ok) throw new Error(`${path} is not among the static assets.`);
      return new Response(file.body, { headers: docsHeaders(type) });
    });
  }
}

function docsHeaders(type: string): Record<string, string> {
  return { 'content-type': type, 'content-security-policy': DOCS_POLICY, 'cache-control': 'no-cache' };
}
