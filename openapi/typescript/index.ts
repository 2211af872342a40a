import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './schema.d.ts';

/** The API, with the types of every operation. */
export type TracewrightClient = Client<paths, Media>;

/** What answers are read as. Others, such as `output: 'yaml'`, are had by `parseAs: 'text'`. */
type Media = 'application/json' | 'application/problem+json';

/** Why a request failed (RFC 9457). */
export type Problem = components['schemas']['Problem'];

/** How to reach the API. */
export interface ClientOptions {
  /** Where it is, e.g. `https://tracewright.example.org`. */
  readonly url: string;
  /** An API key or a JSON Web Token. */
  readonly token?: string;
  /** What sends the requests; the `fetch` of the platform when left out. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** Makes a client of the API. Answers and problems are typed by operation; nothing is thrown for a problem. */
export function createTracewrightClient({ url, token, fetch }: ClientOptions): TracewrightClient {
  return createClient<paths, Media>({
    baseUrl: url,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    ...(fetch === undefined ? {} : { fetch }),
  });
}

/** A YAML body, sent as it is: `client.POST('/compile', { ...yaml(text) })`. */
export function yaml(text: string): {
  readonly body: string;
  readonly bodySerializer: (body: unknown) => string;
  readonly headers: { readonly 'content-type': string };
} {
  return { body: text, bodySerializer: () => text, headers: { 'content-type': 'application/yaml' } };
}
