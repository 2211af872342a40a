import { z } from 'zod';
import { jsonText, taggedAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { openApiDocument } from '../../http/openapi-document.ts';
import { addOperation } from '../../http/operation.ts';
import { digestOf } from '../../policy-sets/canonical.ts';

async function tagged(text: string): Promise<{ readonly text: string; readonly etag: string }> {
  return { text, etag: `"${(await digestOf(text)).slice('sha256:'.length)}"` };
}

/** `GET /openapi.json` */
export function getOpenApiDocument(app: App): void {
  // The document is made at the first request: by then all operations are registered, and they never change.
  let document: ReturnType<typeof tagged> | undefined;
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
}
