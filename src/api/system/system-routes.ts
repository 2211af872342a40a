import type { App } from '../../http/openapi.ts';
import { getHealth } from './get-health.ts';
import { getOpenApiDocument } from './get-openapi-document.ts';
import { getReadiness } from './get-readiness.ts';
import { servePages } from './serve-pages.ts';

/** Health, readiness, the OpenAPI document and the page that shows it. */
export function systemRoutes(app: App): void {
  getHealth(app);
  getReadiness(app);
  getOpenApiDocument(app);
  servePages(app);
}
