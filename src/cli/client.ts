import { z } from 'zod';
import { ProblemSchema } from '../api/problems.ts';
import {
  AliasStateSchema,
  type PolicySet,
  PolicySetSchema,
  VersionSummarySchema,
} from '../policy-sets/change.ts';
import { type VersionContent, VersionContentSchema, type VersionRequest } from '../policy-sets/model.ts';

/** A request that the API answered with a problem, or did not answer. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly problem: z.output<typeof ProblemSchema> | undefined;
  constructor(message: string, problem?: z.output<typeof ProblemSchema>) {
    super(message);
    this.problem = problem;
  }
}

/** How often a request is sent when it gets no answer: its Idempotency-Key makes that harmless. */
const ATTEMPTS = 3;

interface Request {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}
type Fetch = (url: string, init: Request) => Promise<{ readonly status: number; text(): Promise<string> }>;

const VersionAnswerSchema = z.looseObject({ content: VersionContentSchema });
const SetAnswerSchema = z.looseObject(PolicySetSchema.shape);

/** The part of the API that manages one policy set. */
export class PolicySetClient {
  private readonly fetch: Fetch;
  private readonly url: string;
  private readonly name: string;
  private readonly token: string | undefined;

  /**
   * @param url Of the API, e.g. `http://127.0.0.1:8787`.
   * @param token The API key or token to call with.
   */
  constructor(fetch: Fetch, url: string, name: string, token?: string) {
    this.fetch = fetch;
    this.url = url.replace(/\/+$/, '');
    this.name = name;
    this.token = token;
  }

  /** The set; undefined when there is none. */
  async read(): Promise<PolicySet | undefined> {
    return this.orUndefined(async () => SetAnswerSchema.parse(await this.send('GET', '')));
  }

  async create(description: string): Promise<PolicySet> {
    return PolicySetSchema.parse(
      await this.request('POST', '/policy-sets', { name: this.name, description }, {}),
    );
  }

  /** Publishes; the same content again is the version that there is. */
  async publish(set: PolicySet, version: VersionRequest): Promise<z.output<typeof VersionSummarySchema>> {
    return VersionSummarySchema.parse(await this.send('POST', '/versions', version, set));
  }

  /** The content of a version; undefined when there is none, e.g. nothing active yet. */
  async content(reference: string): Promise<VersionContent | undefined> {
    return this.orUndefined(
      async () => VersionAnswerSchema.parse(await this.send('GET', `/versions/${reference}`)).content,
    );
  }

  async activate(
    set: PolicySet,
    alias: string,
    order: { version: string; reason: string; requireNoNewDenials: boolean },
  ): Promise<z.output<typeof AliasStateSchema>> {
    return AliasStateSchema.parse(await this.send('PUT', `/aliases/${alias}`, order, set));
  }

  private async orUndefined<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ClientError && error.problem?.status === 404) return undefined;
      throw error;
    }
  }

  private send(method: string, path: string, body?: unknown, set?: PolicySet): Promise<unknown> {
    const headers = set === undefined ? {} : { 'if-match': `"${set.revision}"` };
    return this.request(method, `/policy-sets/${this.name}${path}`, body, headers);
  }

  private async request(
    method: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    const init: Request = {
      method,
      headers: {
        accept: 'application/json',
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'idempotency-key': crypto.randomUUID() }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.fetch(`${this.url}${path}`, init);
        const text = await answer.text();
        if (answer.status < 300) return JSON.parse(text);
        if (answer.status === 503 && attempt < ATTEMPTS) continue;
        throw problemOf(answer.status, text);
      } catch (error) {
        if (error instanceof ClientError) throw error;
        if (attempt < ATTEMPTS) continue;
        const cause = error instanceof Error ? (error.cause ?? error) : error;
        throw new ClientError(`${this.url} does not answer: ${String(cause)}`);
      }
    }
  }
}

function problemOf(status: number, text: string): ClientError {
  try {
    const problem = ProblemSchema.parse(JSON.parse(text));
    return new ClientError(`${problem.title} (${status}): ${problem.detail}`, problem);
  } catch {
    return new ClientError(`The answer was ${status}, and not one of Tracewright.`);
  }
}
