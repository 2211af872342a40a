import { accepts } from 'hono/accepts';
import packageJson from '../../../package.json' with { type: 'json' };
import { jsonAnswer } from '../../http/answers.ts';
import type { App } from '../../http/openapi.ts';
import { DOCS, DOCS_ASSETS, DOCS_POLICY } from './docs-page.ts';

/** The answer of `GET /` for programs. */
const SERVICE = {
  name: 'Tracewright',
  version: packageJson.version,
  documentation: '/docs',
  openapi: '/openapi.json',
  health: '/healthz',
} as const;

function docsHeaders(type: string): Record<string, string> {
  return { 'content-type': type, 'content-security-policy': DOCS_POLICY, 'cache-control': 'no-cache' };
}

/** The root, which leads to everything else, and the pages of the documentation. */
export function servePages(app: App): void {
  // A browser is sent to the documentation; other clients get a list of the entry points.
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
