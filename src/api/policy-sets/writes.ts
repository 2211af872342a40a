import type { Context } from 'hono';
import { z } from 'zod';
import { callerId } from '../../cedar/caller.ts';
import type { Bindings, Environment } from '../../http/environment.ts';
import type { ProblemCode } from '../../http/problem-codes.ts';
import { invalidRequest, Problem } from '../../http/problems.ts';
import { digestOf } from '../../policy-sets/canonical.ts';
import type { PolicySetRegistry, Standing } from '../../policy-sets/registry.ts';
import type { Command, Conditions, Outcome } from '../../policy-sets/set-command.ts';

/** The request headers of every write to a policy set that exists. */
export const WriteHeadersSchema = z.object({
  'if-match': z.string().meta({
    description:
      'The ETag of the policy set as it was read, or `*` for whatever it is now (RFC 9110, section 13.1.1).',
    examples: ['*'],
  }),
  'idempotency-key': z
    .string()
    .optional()
    .meta({
      description:
        'Makes a repetition of this request harmless for 24 hours: the same key with the same request gets the same answer.',
      examples: ['8e03978e-40d5-43dd-bc93-6894a57f9324'],
    }),
});

/** The request headers of the write that creates a policy set. */
export const CreateHeadersSchema = WriteHeadersSchema.omit({ 'if-match': true });

/** The problems of every write. */
export const WRITE_PROBLEMS: readonly ProblemCode[] = [
  'malformed-body',
  'invalid-request',
  'body-too-large',
  'unsupported-media-type',
  'policy-set-not-found',
  'policy-set-archived',
  'precondition-required',
  'precondition-failed',
  'idempotency-key-reused',
  'policy-set-unavailable',
];

/** A command without its time and its author, which are added when it is committed. */
type Order = Command extends infer C ? (C extends Command ? Omit<C, 'at' | 'by' | 'person'> : never) : never;

/** The outcome of a write that was done. */
export type Done = Extract<Outcome, { kind: 'done' }>;

/** A write whose headers have been checked. */
export interface Write {
  /** The outcome of the same request before, by its idempotency key; then nothing more is to be done. */
  readonly replayed: Done | undefined;
  /** The set as it is now. @throws Problem `policy-set-not-found` */
  standing(): Standing;
  /**
   * Commits a command.
   *
   * @param revision The revision that the set must still have, when the decision to write depends on it.
   * @throws Problem when it is refused, or the registry cannot be reached.
   */
  commit(order: Order, revision?: number): Promise<Done>;
}

/** The registry of a set: the Durable Object that is its single writer. */
export function registryOf(
  { POLICY_SET_REGISTRY }: Bindings,
  name: string,
): DurableObjectStub<PolicySetRegistry> {
  return POLICY_SET_REGISTRY.get(POLICY_SET_REGISTRY.idFromName(name));
}

/** Asks the registry. @throws Problem `policy-set-unavailable` when it cannot be reached or fails. */
export async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    console.error(
      JSON.stringify({ event: 'registry-failed', error: error instanceof Error ? error.name : typeof error }),
    );
    throw new Problem(
      'policy-set-unavailable',
      'The registry of the policy set cannot be reached. Try again.',
    );
  }
}

/**
 * Reads the headers of a write, and fails early where it cannot succeed.
 *
 * @param body The content by which a repeated idempotency key is known to belong to the same request.
 */
export async function openWrite(
  context: Context<Environment>,
  name: string,
  body: string,
  creates = false,
): Promise<Write> {
  const { headers, method, url } = context.req.raw;
  const revisions = creates ? 'any' : readIfMatch(headers.get('if-match'));
  const key = readIdempotencyKey(headers.get('idempotency-key'));
  const { pathname, search } = new URL(url);
  const type = headers.get('content-type') ?? '';
  const fingerprint = await digestOf([method, pathname, search, type, body].join('\n'));
  const identity = context.get('identity');
  if (identity === undefined) throw new Error('The caller is not known.');
  const by = callerId(identity.caller);
  // An idempotency key counts for one person: nobody gets the answer of another, even in the same repository.
  const idempotency =
    key === undefined ? undefined : { key: `${by}\n${identity.person.id}\n${key}`, fingerprint };
  const registry = registryOf(context.env, name);
  const { replayed, standing } = await ask(async () => registry.begin(idempotency));
  if (!creates && replayed === undefined && standing !== undefined && revisions !== 'any') {
    const { revision } = standing.set;
    if (!revisions.includes(revision)) throw refused(name, { kind: 'stale', revision });
  }
  return {
    replayed: replayed === undefined ? undefined : doneOr(name, replayed),
    standing: () => {
      if (standing === undefined) throw refused(name, { kind: 'not-found' });
      return standing;
    },
    commit: async (order, revision) => {
      const conditions: Conditions = {
        revisions: revision === undefined ? revisions : [revision],
        idempotency,
      };
      const command = { ...order, at: new Date().toISOString(), by, person: identity.person };
      return doneOr(name, await ask(async () => registry.write(name, command, conditions)));
    },
  };
}

/** The headers of an answer about a set: the ETag of its revision. */
export function revisionHeaders({ revision }: { readonly revision: number }): Record<string, string> {
  return { etag: `"${revision}"`, 'cache-control': 'no-store' };
}

/** The problem of a set that does not exist. */
export function noSuchSet(name: string): Problem {
  return new Problem('policy-set-not-found', `There is no policy set named ${name}.`);
}

function doneOr(name: string, outcome: Outcome): Done {
  if (outcome.kind === 'done') return outcome;
  throw refused(name, outcome);
}

function refused(name: string, outcome: Exclude<Outcome, Done>): Problem {
  switch (outcome.kind) {
    case 'not-found':
      return noSuchSet(name);
    case 'exists':
      return new Problem('policy-set-exists', `There is a policy set named ${name} already.`);
    case 'archived':
      return new Problem('policy-set-archived', `The policy set ${name} is archived: restore it first.`);
    case 'key-reused':
      return new Problem(
        'idempotency-key-reused',
        'This Idempotency-Key was used for another request to this policy set in the last 24 hours.',
      );
    case 'stale':
      return new Problem(
        'precondition-failed',
        `The policy set ${name} is at revision ${outcome.revision} now. Read it again, and decide anew.`,
        {},
        { etag: `"${outcome.revision}"` },
      );
    case 'not-configured':
      return new Problem(
        'not-configured',
        'The setting TWO_PERSON_RULE is not valid: set it to on or off in [vars] of wrangler.toml (docs/settings.md).',
      );
    case 'same-person':
      return new Problem(
        'two-people-required',
        `Version ${outcome.version} was published by you, or by nobody known: another person must activate it (TWO_PERSON_RULE).`,
      );
    case 'version-not-found':
      return new Problem(
        'policy-set-version-not-found',
        `The policy set ${name} has no version ${outcome.reference}.`,
      );
  }
}

function readIfMatch(header: string | null): readonly number[] | 'any' {
  if (header === null || header.trim() === '') {
    throw new Problem(
      'precondition-required',
      "Send the policy set's ETag as If-Match, so that no change of others is overwritten unseen; or If-Match: * to do it whatever they did.",
    );
  }
  if (header.trim() === '*') return 'any';
  // A weak tag never matches (RFC 9110, section 13.1.1), and neither does one that no answer of ours had.
  return header.split(',').flatMap((tag) => {
    const [, revision] = /^"([1-9][0-9]{0,14})"$/.exec(tag.trim()) ?? [];
    return revision === undefined ? [] : [Number(revision)];
  });
}

function readIdempotencyKey(header: string | null): string | undefined {
  if (header === null) return undefined;
  // The draft standard asks for a quoted string, but most clients send a bare one.
  const [, quoted, bare] =
    /^\s*(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))\s*$/.exec(header) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined) return key;
  throw invalidRequest([
    { header: 'Idempotency-Key', message: 'Expected 1 to 255 visible ASCII characters, such as a UUID.' },
  ]);
}
