import { z } from 'zod';
import type { Fetch, FetchInit } from '../shell/shell.ts';
import { ClientError, errorOfAnswer, foreignAnswer } from './client-error.ts';

/** How many times a request is sent that gets no answer. Its Idempotency-Key makes repetition harmless. */
const ATTEMPTS = 3;

/** What the API answered. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number;
  /** The media type of the body; empty when the answer names none. */
  readonly type: string;
  /** The body. */
  readonly text: string;
}

/** The parts of a request that not every request has. */
export interface RequestParts {
  readonly body?: string;
  /** The media type of the body; JSON unless given. */
  readonly type?: string;
  /** The media type of the answer; JSON unless given. */
  readonly accept?: string;
  /** The header If-Match. */
  readonly ifMatch?: string;
}

/** Sends requests to the API, with credentials, idempotency keys and repetition. */
export class ApiClient {
  private readonly fetch: Fetch;
  private readonly url: string;
  private readonly token: string | undefined;

  /**
   * @param url The URL of the API, e.g. `http://127.0.0.1:8787`.
   * @param token The API key or token to call with; undefined for none.
   */
  constructor(fetch: Fetch, url: string, token?: string) {
    this.fetch = fetch;
    this.url = url.replace(/\/+$/, '');
    this.token = token;
  }

  /**
   * Sends a request and returns the answer, whatever its status is.
   *
   * @throws ClientError when there is no answer.
   */
  async send(method: string, path: string, parts: RequestParts = {}): Promise<Answer> {
    const init = this.initOf(method, parts);
    // The API takes no Idempotency-Key for keys: a repetition would create a second key, and lose the first one.
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

  /**
   * Sends a request and reads the JSON of its answer.
   *
   * @param schema What the answer must be.
   * @throws ClientError when there is no answer, when it is a problem, or when it does not have this schema.
   */
  async json<T>(schema: z.ZodType<T>, method: string, path: string, parts: RequestParts = {}): Promise<T> {
    const { status, text } = await this.send(method, path, parts);
    if (status >= 300) throw errorOfAnswer(status, text);
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      throw foreignAnswer(status);
    }
  }

  private initOf(method: string, parts: RequestParts): FetchInit {
    const { body, type = 'application/json', accept = 'application/json', ifMatch } = parts;
    return {
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
  }
}

/** Says why no answer came. Where Node's own words help little, it says it in others. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = z.object({ code: z.string() }).safeParse(cause).data?.code;
  if (code === 'ECONNREFUSED') return 'the connection was refused (npm start serves it on this machine)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no host of that name';
  return cause instanceof Error ? cause.message : String(cause);
}
