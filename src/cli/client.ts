import { z } from 'zod';
import { Failure } from '../failures/failure.ts';
import { ProblemSchema } from '../http/problem-schema.ts';
import {
  AliasStateSchema,
  type PolicySet,
  PolicySetSchema,
  VersionSummarySchema,
} from '../policy-sets/change.ts';
import { type VersionContent, VersionContentSchema, type VersionRequest } from '../policy-sets/model.ts';

// A newer API may say more than this program knows of.
const AnsweredProblemSchema = z.looseObject(ProblemSchema.shape);
type AnsweredProblem = z.output<typeof AnsweredProblemSchema>;

/** A request that the API answered with a problem, or did not answer. */
export class ClientError extends Failure {
  override readonly name = 'ClientError';
  readonly code = 'api-call-failed';
  readonly problem: AnsweredProblem | undefined;
  constructor(message: string, problem?: AnsweredProblem) {
    super(message);
    this.problem = problem;
  }

  /** Whether it is the problem of this code. */
  is(code: string): boolean {
    return this.problem?.type === `urn:tracewright:problem:${code}`;
  }
}

/** How often a request is sent when it gets no answer: its Idempotency-Key makes that harmless. */
const ATTEMPTS = 3;

interface Request {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}
type Fetch = (
  url: string,
  init: Request,
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/** What the API answered. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** What goes with a request; the body is JSON unless it has another type. */
export interface Sent {
  readonly body?: string;
  readonly type?: string;
  readonly accept?: string;
  readonly ifMatch?: string;
}

/** The API, as a caller sees it. */
export class ApiClient {
  private readonly fetch: Fetch;
  private readonly url: string;
  private readonly token: string | undefined;

  /**
   * @param url Of the API, e.g. `http://127.0.0.1:8787`.
   * @param token The API key or token to call with.
   */
  constructor(fetch: Fetch, url: string, token?: string) {
    this.fetch = fetch;
    this.url = url.replace(/\/+$/, '');
    this.token = token;
  }

  /** Sends a request; answers of any status come back. @throws ClientError when there is none */
  async send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const { body, type = 'application/json', accept = 'application/json', ifMatch } = sent;
    const init: Request = {
      method,
      headers: {
        accept,
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': type }),
        ...(method === 'GET' ? {} : { 'idempotency-key': crypto.randomUUID() }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body }),
    };
    // Keys know no Idempotency-Key: a second one would be made, and its secret lost.
    const attempts = method === 'POST' && path === '/keys' ? 1 : ATTEMPTS;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.fetch(`${this.url}${path}`, init);
        const text = await answer.text();
        if (answer.status === 503 && attempt < attempts) continue;
        return { status: answer.status, type: answer.headers.get('content-type') ?? '', text };
      } catch (error) {
        if (attempt < attempts) continue;
        throw new ClientError(`${this.url} does not answer: ${reasonOf(error)}.`);
      }
    }
  }

  /** Sends a request and reads the JSON of its answer. @throws ClientError when it is a problem */
  async json<T>(answer: z.ZodType<T>, method: string, path: string, sent: Sent = {}): Promise<T> {
    const { status, text } = await this.send(method, path, sent);
    if (status >= 300) throw problemOf(status, text);
    try {
      return answer.parse(JSON.parse(text));
    } catch {
      throw strangeAnswer(status);
    }
  }
}

/** The problem that an answer tells of, if it is one of Tracewright. */
export function problemOf(status: number, text: string): ClientError {
  try {
    const problem = AnsweredProblemSchema.parse(JSON.parse(text));
    return new ClientError(`${problem.title} (${status}): ${problem.detail}`, problem);
  } catch {
    return strangeAnswer(status);
  }
}

function strangeAnswer(status: number): ClientError {
  return new ClientError(`The answer was ${status}, and not one of Tracewright.`);
}

/** Why no answer came, without Node's own words where there are better ones. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = z.object({ code: z.string() }).safeParse(cause).data?.code;
  if (code === 'ECONNREFUSED') return 'the connection was refused (npm start serves it on this machine)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no host of that name';
  return cause instanceof Error ? cause.message : String(cause);
}

const VersionAnswerSchema = z.looseObject({ content: VersionContentSchema });
const SetAnswerSchema = z.looseObject(PolicySetSchema.shape);

/** The part of the API that manages one policy set. */
export class PolicySetClient {
  readonly name: string;
  private readonly api: ApiClient;

  constructor(api: ApiClient, name: string) {
    this.api = api;
    this.name = name;
  }

  /** The set; undefined when there is none. */
  read(): Promise<PolicySet | undefined> {
    return this.orUndefined(() => this.api.json(SetAnswerSchema, 'GET', this.path()));
  }

  /** Creates the set. @throws ClientError when there is one of its name already */
  create(description: string): Promise<PolicySet> {
    const body = JSON.stringify({ name: this.name, description });
    return this.api.json(SetAnswerSchema, 'POST', '/policy-sets', { body });
  }

  /** Publishes; the same content again is the version that there is. */
  publish(set: PolicySet, version: VersionRequest): Promise<z.output<typeof VersionSummarySchema>> {
    const sent = { body: JSON.stringify(version), ifMatch: `"${set.revision}"` };
    return this.api.json(z.looseObject(VersionSummarySchema.shape), 'POST', this.path('/versions'), sent);
  }

  /** The content of a version; undefined when there is none, e.g. nothing active yet. */
  async content(reference: string): Promise<VersionContent | undefined> {
    const path = this.path(`/versions/${encodeURIComponent(reference)}`);
    return (await this.orUndefined(() => this.api.json(VersionAnswerSchema, 'GET', path)))?.content;
  }

  /** Points an alias at a version. @throws ClientError when the API refuses */
  activate(
    set: PolicySet,
    alias: string,
    order: { version: string; reason: string; requireNoNewDenials: boolean },
  ): Promise<z.output<typeof AliasStateSchema>> {
    const sent = { body: JSON.stringify(order), ifMatch: `"${set.revision}"` };
    const path = this.path(`/aliases/${encodeURIComponent(alias)}`);
    return this.api.json(z.looseObject(AliasStateSchema.shape), 'PUT', path, sent);
  }

  /** A path below the set. */
  path(below = ''): string {
    return `/policy-sets/${encodeURIComponent(this.name)}${below}`;
  }

  private async orUndefined<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ClientError && error.problem?.status === 404) return undefined;
      throw error;
    }
  }
}
