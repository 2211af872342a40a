import { env } from 'cloudflare:workers';
import { createApp } from '../../src/app.ts';
import { Isolate } from '../../src/isolate.ts';
import { ADMIN } from './credentials.ts';

type Bindings = typeof env;
type Options = Partial<Record<keyof Bindings, unknown>>;

/** Sends requests to a Worker with other settings. */
export function workerWith(
  more: Options,
): (path: string, init?: RequestInit, token?: string | null) => Promise<Response> {
  const bindings = { ...env, ...more };
  const app = createApp(new Isolate());
  return async (path, init = {}, token) => {
    const headers = new Headers(init.headers);
    if (token === undefined) headers.set('authorization', ADMIN.authorization);
    else if (token !== null) headers.set('authorization', `Bearer ${token}`);
    const url = path.startsWith('http') ? path : `http://tracewright.test${path}`;
    return app.request(new Request(url, { ...init, headers }), {}, bindings);
  };
}

/** The header by which the length of a body is known before it is read, as every client sends it. */
export function lengthOf(body: string): { readonly 'content-length': string } {
  return { 'content-length': String(new TextEncoder().encode(body).length) };
}

/** A POST or PUT of JSON. */
export function json(
  method: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): RequestInit {
  const body = JSON.stringify(value);
  return {
    method,
    headers: { 'content-type': 'application/json', 'if-match': '*', ...lengthOf(body), ...headers },
    body,
  };
}
