import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Environment } from './environment.ts';
import type { Access } from './guard.ts';
import type { ProblemCode } from './problem-codes.ts';
import { StaticFirstRouter } from './static-first-router.ts';

/** What a body or an answer may be: a schema for each media type. */
export type Content = Readonly<Record<string, { readonly schema: z.ZodType }>>;

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
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** The request headers that it reads. */
  readonly headers?: z.ZodObject;
  /** Its body: a schema for JSON and YAML, and other media types that it may have. */
  readonly body?: {
    readonly schema: z.ZodType;
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
 * The application: Hono, and the operations that it documents. The document is made of them when somebody asks for it
 * (`openApiDocument`), because an isolate that starts has no time for it.
 */
export class App extends Hono<Environment> {
  /** The operations, in the order in which the document has them. */
  readonly operations: Operation[] = [];
}

/** Makes an application without operations. */
export function newApp(): App {
  return new App({ strict: false, router: new StaticFirstRouter() });
}
