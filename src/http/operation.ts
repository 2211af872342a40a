import { createRoute, type RouteConfig, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { stringify } from 'yaml';
import type { z as zod } from 'zod';
import type { Environment } from './environment.ts';
import { type Access, GUARD_PROBLEMS, guarded } from './guard.ts';
import type { App } from './openapi.ts';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';
import { ProblemSchema } from './problem-schema.ts';
import { BODY_TYPES } from './read-body.ts';

type Content = Readonly<Record<string, { readonly schema: zod.ZodType }>>;

const JSON_TYPE = 'application/json';

/** The schema of a YAML body: for a generated client it is text, not a value. */
const YamlTextSchema = z.string().meta({
  id: 'YamlText',
  description: 'The same as YAML 1.2, where it may be several documents.',
  examples: ['apiVersion: v1\nkind: List\nitems: []\n'],
});

/** One operation: its description for the OpenAPI document, and its handler. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /** The name of the operation in generated clients and in the log. */
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tag: string;
  /** The parameters of its path. */
  readonly params?: zod.ZodObject;
  readonly query?: zod.ZodObject;
  /** The request headers that it reads. */
  readonly headers?: zod.ZodObject;
  /** Its body: a schema for JSON and YAML, and other media types that it may have. */
  readonly body?: {
    readonly schema: zod.ZodType;
    /** A body that `npm start` answers with success. Without it, the first example of the schema is such a body. */
    readonly sample?: unknown;
    readonly description: string;
    readonly required?: boolean;
    /** The media types of the schema; JSON and YAML when they are left out. */
    readonly types?: readonly string[];
    readonly otherContent?: Content;
  };
  readonly answer: {
    readonly description: string;
    readonly content: Content;
    /** The meaning of the status 201, when it is possible. */
    readonly created?: string;
    /** The media types of a denial (403) besides a problem. */
    readonly denied?: Content;
  };
  /** Who may use it. */
  readonly access: Access;
  /** The problems it may answer with, besides `internal-error` and those of its guard. */
  readonly problems: readonly ProblemCode[];
  readonly handle: (context: Context<Environment>) => Response | Promise<Response>;
}

/**
 * Adds an operation to the application and to its OpenAPI document. The handler reads the request itself, because
 * bodies may be YAML and every fault is reported with its place, which the validators of Hono cannot do.
 */
export function addOperation(app: App, operation: Operation): void {
  const { method, path, operationId, summary, description, tag, access, problems, handle } = operation;
  const { params, query, headers, body, answer } = operation;
  const created =
    answer.created === undefined ? {} : { 201: { description: answer.created, content: answer.content } };
  app.openAPIRegistry.registerPath(
    createRoute({
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
    }),
  );
  app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'), guarded(operationId, access, handle));
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
  readonly schema: zod.ZodType;
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
