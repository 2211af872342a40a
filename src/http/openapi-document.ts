/**
 * Makes the OpenAPI document of the operations of an application.
 * @module
 */
import { zodToOpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import { stringify } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { GUARD_PROBLEMS } from './guard.ts';
import type { App, Content, Operation } from './openapi.ts';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';
import { problemExamples } from './problem-examples.ts';
import { ProblemSchema } from './problem-schema.ts';
import { BODY_TYPES } from './read-body.ts';

const JSON_TYPE = 'application/json';

/** The schema of a YAML body: for a generated client it is text, not a value. */
const YamlTextSchema = z.string().meta({
  id: 'YamlText',
  description: 'The same as YAML 1.2, where it may be several documents.',
  examples: ['apiVersion: v1\nkind: List\nitems: []\n'],
});

/** The OpenAPI 3.1 document of an application's operations. */
export function openApiDocument({
  operations,
}: Pick<App, 'operations'>): ReturnType<OpenAPIHono['getOpenAPI31Document']> {
  // Schemas of the other rooms have zod's own `id`, so that those rooms need not import OpenAPI.
  for (const [id, schema] of z.globalRegistry._idmap)
    zodToOpenAPIRegistry.add(schema, { _internal: { refId: id } });
  return documenting(operations).getOpenAPI31Document({
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

/** An application whose registry has the operations and what they refer to. It answers no requests. */
function documenting(operations: readonly Operation[]): OpenAPIHono {
  const app = new OpenAPIHono();
  const registry = app.openAPIRegistry;
  for (const [code, { summary, value }] of Object.entries(problemExamples()))
    registry.registerComponent('examples', code, { summary, value });
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or a JSON Web Token of an issuer that the Worker is configured to trust.',
  });
  registry.registerComponent('securitySchemes', 'cloudflareAccess', {
    type: 'apiKey',
    in: 'header',
    name: 'Cf-Access-Jwt-Assertion',
    description: 'Added by Cloudflare Access to what it lets through.',
  });
  for (const operation of operations) registry.registerPath(createRoute(pathOf(operation)));
  return app;
}

/** An operation as the document has it. */
function pathOf(operation: Operation): RouteConfig {
  const { method, path, operationId, summary, description, tag, access, problems } = operation;
  const { params, query, headers, body, answer } = operation;
  const created =
    answer.created === undefined ? {} : { 201: { description: answer.created, content: answer.content } };
  return {
    method,
    path,
    operationId,
    summary,
    description,
    tags: [tag],
    security: access === 'public' ? [] : [{ bearer: [] }, { cloudflareAccess: [] }],
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined
        ? {}
        : {
            body: {
              description: body.description,
              required: body.required ?? true,
              content: {
                ...bodyContent(body),
                ...body.otherContent,
              },
            },
          }),
    },
    responses: {
      200: { description: answer.description, content: answer.content },
      ...created,
      ...problemResponses(
        [
          ...new Set([
            ...problems,
            ...(access === 'public' ? (['not-configured'] as const) : GUARD_PROBLEMS),
            'internal-error' as const,
          ]),
        ],
        answer.denied,
      ),
    },
  };
}

/** The content of a body in the OpenAPI document: each media type has a sample that can be sent unchanged. */
function bodyContent({
  schema,
  sample,
  types = BODY_TYPES,
}: NonNullable<Operation['body']>): Record<string, MediaType> {
  const [first]: readonly unknown[] = z
    .array(z.unknown())
    .catch([])
    .parse(z.globalRegistry.get(schema)?.examples);
  const example = sample ?? first;
  return Object.fromEntries(
    types.map((type) => [
      type,
      type === JSON_TYPE
        ? { schema, example }
        : { schema: YamlTextSchema, example: stringify(example, { lineWidth: 0 }) },
    ]),
  );
}

interface MediaType {
  readonly schema: z.ZodType;
  readonly example: unknown;
}

function problemResponses(codes: readonly ProblemCode[], denied: Content = {}): RouteConfig['responses'] {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `${PROBLEMS[code].title} (\`${code}\`).`).join(' '),
        content: {
          'application/problem+json': {
            schema: ProblemSchema,
            examples: Object.fromEntries(
              group.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
          ...(status === 403 ? denied : {}),
        },
      },
    ]),
  );
}
