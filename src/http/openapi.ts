import { zodToOpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { OpenAPIHono, z } from '@hono/zod-openapi';
import packageJson from '../../package.json' with { type: 'json' };
import type { Environment } from './environment.ts';
import { problemExamples } from './problem-examples.ts';
import { StaticFirstRouter } from './static-first-router.ts';

/** The application: Hono with a registry of the routes it documents. */
export type App = OpenAPIHono<Environment>;

/** Makes an application without operations. Every schema with an `id` becomes a component of its document. */
export function newApp(): App {
  // Schemas of the other rooms have zod's own `id`, so that those rooms need not import OpenAPI.
  for (const [id, schema] of z.globalRegistry._idmap)
    zodToOpenAPIRegistry.add(schema, { _internal: { refId: id } });
  const app = new OpenAPIHono<Environment>({ strict: false, router: new StaticFirstRouter() });
  for (const [code, { summary, value }] of Object.entries(problemExamples()))
    app.openAPIRegistry.registerComponent('examples', code, { summary, value });
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or a JSON Web Token of an issuer that the Worker is configured to trust.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'cloudflareAccess', {
    type: 'apiKey',
    in: 'header',
    name: 'Cf-Access-Jwt-Assertion',
    description: 'Added by Cloudflare Access to what it lets through.',
  });
  return app;
}

/** The OpenAPI 3.1 document of an application's operations. */
export function openApiDocument(app: App): ReturnType<App['getOpenAPI31Document']> {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Tracewright',
      version: packageJson.version,
      description:
        'Compiles workloads into Tetragon policies that enforce their security context in the kernel, once Cedar policies permit every override they ask for. Nothing is permitted by default.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/', description: 'This Worker.' }],
    tags: [
      { name: 'Compile', description: 'Workloads in, Tetragon policies out.' },
      { name: 'Authorize', description: "Ask for Cedar's decisions without compiling." },
      { name: 'Explain', description: 'What events of Tetragon mean, and what ends them.' },
      { name: 'Baseline', description: 'The policy every cluster starts with.' },
      {
        name: 'Policy sets',
        description: 'The policies that decide: published, reviewed, activated, rolled back.',
      },
      { name: 'Images', description: 'What images start, stored once for all workloads.' },
      { name: 'Access', description: 'API keys, and who calls.' },
      { name: 'Integrations', description: 'The protocols of other tools.' },
      { name: 'Provenance', description: 'Signed statements of what was compiled from what.' },
      { name: 'System', description: 'Health and documentation.' },
    ],
  });
}
