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

/** Text to a client: what sends YAML has it as text, not as a value. */
const YamlTextSchema = z.string().meta({
  id: 'YamlText',
  description: 'The same as YAML 1.2, where it may be several documents.',
  examples: ['apiVersion: v1\nkind: List\nitems: []\n'],
});

/** One operation: what the OpenAPI document says of it, and what answers it. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /** How a generated client names it. */
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tag: string;
  /** The parameters of its path. */
  readonly params?: zod.ZodObject;
  readonly query?: zod.ZodObject;
  /** The request headers that it heeds. */
  readonly headers?: zod.ZodObject;
  /** The schema of its body, which may be JSON or YAML, and what else the body may be. */
  readonly body?: {
    readonly schema: zod.ZodType;
    /** A body that is answered with success where `npm start` serves; the first example of its schema unless it is given. */
    readonly sample?: unknown;
    readonly description: string;
    readonly required?: boolean;
    readonly otherContent?: Content;
  };
  readonly answer: {
    readonly description: string;
    readonly content: Content;
    /** What it means when the status is 201, where it can be. */
    readonly created?: string;
    /** What the answer may be besides a problem when it is denied (403). */
    readonly denied?: Content;
  };
  /** Who may use it. */
  readonly access: Access;
  /** The problems it may answer with, besides `internal-error` and those of its guard. */
  readonly problems: readonly ProblemCode[];
  readonly handle: (context: Context<Environment>) => Response | Promise<Response>;
}

/**
 * Adds an operation to the application and to its document. The handler reads the request itself: bodies
 * may be YAML, and every fault must be reported with its place, which the stock validators cannot do.
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

/** The content of a body, in each of its media types with a sample that can be sent as it is. */
function bodyContent({ schema, sample }: NonNullable<Operation['body']>): Record<string, MediaType> {
  const [first]: readonly unknown[] = z
    .array(z.unknown())
    .catch([])
    .parse(z.globalRegistry.get(schema)?.examples);
  const example = sample ?? first;
  return Object.fromEntries(
    BODY_TYPES.map((type) => [
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
