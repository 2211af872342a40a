import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { z } from 'zod';
import { type Build, buildWorker } from './build.ts';
import type { Call } from './load-client.ts';
import { LoadClient } from './load-client.ts';
import { type Server, startServer } from './server.ts';
import type { ServerProcess } from './server-process.ts';

/** What is measured: a checkout, or one of two that are compared. */
export interface Subject {
  readonly name: 'now' | 'before';
  readonly checkout: string;
  readonly build: Build;
}

/** Builds a checkout. */
export function subjectOf(name: Subject['name'], checkout: string): Subject {
  return { name, checkout, build: buildWorker(checkout) };
}

/** A running server of a subject, with callers that it knows. */
export interface Target {
  readonly subject: Subject['name'];
  readonly server: Server;
  readonly process: ServerProcess;
  readonly client: LoadClient;
  /** The headers of a caller with an API key. */
  readonly key: Headers;
  /** The headers of a caller with a token that it has used before. */
  readonly token: Headers;
  /** The headers of a caller with a token that nobody has used before. */
  newToken(): Headers;
  /** Ends the server. */
  stop(): Promise<void>;
}

type Headers = Readonly<Record<string, string>>;

/** The admin key of the servers. They end with the benchmark, and listen on the loopback interface only. */
const ADMIN_KEY = `tw_admin_${'b'.repeat(43)}`;
/** The headers of whoever holds the admin key. */
export const ADMIN: Headers = { authorization: `Bearer ${ADMIN_KEY}` };

const ISSUER = 'https://issuer.example.org';
const CreatedKeySchema = z.looseObject({ key: z.string() });

/**
 * Starts a server that accepts API keys, and tokens of an issuer whose keys are in its settings.
 *
 * @param state A folder for its data, which it does not remove.
 */
export async function startTarget({ name, build }: Subject, state?: string): Promise<Target> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' };
  const server = await startServer(build, {
    ...(state === undefined ? {} : { state }),
    settings: {
      ADMIN_KEY_HASH: createHash('sha256').update(ADMIN_KEY).digest('hex'),
      API_KEYS: 'on',
      OIDC_ISSUERS: JSON.stringify([{ issuer: ISSUER, audience: 'tracewright', jwks: { keys: [jwk] } }]),
    },
  });
  const client = new LoadClient(server.url);
  const stop = async (): Promise<void> => {
    client.close();
    await server.stop();
  };
  try {
    const created = await client.send(NEW_KEY);
    let tokens = 0;
    const newToken = (): Headers => ({ authorization: `Bearer ${signToken(privateKey, tokens++)}` });
    const key = { authorization: `Bearer ${CreatedKeySchema.parse(JSON.parse(created)).key}` };
    return { subject: name, server, process: server.process, client, key, token: newToken(), newToken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const NEW_KEY: Call = {
  method: 'POST',
  path: '/keys',
  headers: { 'content-type': 'application/json', ...ADMIN },
  body: JSON.stringify({ name: 'bench', owner: 'bench', scopes: ['compile', 'authorize'] }),
};

/** A token as a CI job gets one. Each number gives another token. */
function signToken(key: KeyObject, number: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: ISSUER,
    aud: 'tracewright',
    sub: 'repo:example/shop:ref:refs/heads/main',
    repository: 'example/shop',
    ref: 'refs/heads/main',
    environment: 'production',
    actor: 'ada',
    actor_id: '1001',
    run_id: String(number),
    workflow: 'deploy',
    iat: now,
    exp: now + 3_600,
  };
  const signed = `${part({ alg: 'RS256', kid: 'bench', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}
