import type { EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { z } from 'zod';
import { LIMITS } from '../compiler/model/limits.ts';
import { describePolicy } from './describe-policy.ts';
import { DENIAL_REASONS, type DenialReason, type DeterminingPolicy } from './determining-policy.ts';
import { combine, type EntityLookup, overlay, type Question } from './entities.ts';
import type { PolicyBasis } from './slicing/basis.ts';
import type { Work } from './work.ts';

/** What a caller may want of this API. */
export const ACCESS_ACTIONS = [
  'compile',
  'authorize',
  'admission',
  'read',
  'publish',
  'activate',
  'manageKeys',
] as const;

/** How a caller was identified. */
export const CALLER_KINDS = ['admin-key', 'api-key', 'oidc', 'access', 'local'] as const;

const claim = (description: string, example: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .max(LIMITS.claimLength)
    .optional()
    .meta({ description, examples: [example] });

/** Who calls, as management policies see it. */
export const CallerSchema = z
  .strictObject({
    kind: z
      .enum(CALLER_KINDS)
      .meta({ description: 'How it was identified; `access` is Cloudflare Access.', examples: ['oidc'] }),
    issuer: z
      .string()
      .max(LIMITS.claimLength)
      .default('tracewright')
      .meta({
        description: 'Who vouches for it: the issuer of its token, or `tracewright` for keys.',
        examples: ['https://token.actions.githubusercontent.com'],
      }),
    subject: z
      .string()
      .max(LIMITS.claimLength)
      .default('test')
      .meta({
        description: 'Who it is there: the subject of the token, or the id of the key.',
        examples: ['repo:acme/shop:ref:refs/heads/main'],
      }),
    scopes: z
      .array(z.string())
      .default([])
      .meta({ description: 'What an API key was made for; tokens have none.', examples: [['compile']] }),
    groups: z
      .array(z.string())
      .default([])
      .meta({ description: 'The groups that the token names.', examples: [['platform']] }),
    email: claim('Its address, when the issuer has verified it.', 'ada@example.org'),
    repository: claim('The repository that a pipeline runs for.', 'acme/shop'),
    ref: claim('The git ref that it runs for.', 'refs/heads/main'),
    environment: claim('The deployment environment that it runs for.', 'production'),
    claims: z
      .record(z.string(), z.string())
      .default({})
      .meta({
        description: 'Further claims of the token; `principal.getTag("…")` in a policy.',
        examples: [{ actor: 'ada' }],
      }),
  })
  .meta({
    id: 'Caller',
    description: 'Who calls, as the policies of the set `management` see it.',
    examples: [
      {
        kind: 'oidc',
        issuer: 'https://token.actions.githubusercontent.com',
        subject: 'repo:acme/shop:ref:refs/heads/main',
        repository: 'acme/shop',
        ref: 'refs/heads/main',
      },
    ],
  });
export type Caller = z.output<typeof CallerSchema>;

/** The id of a caller: `<issuer>#<subject>`. No issuer has a `#` in it. */
export function callerId({ issuer, subject }: Pick<Caller, 'issuer' | 'subject'>): string {
  return `${issuer}#${subject}`;
}

/** What a caller wants, and of what. */
export type AccessQuestion =
  | { readonly action: 'read'; readonly policySet: string | undefined }
  | { readonly action: 'publish'; readonly policySet: string }
  | { readonly action: 'activate'; readonly policySet: string; readonly alias: string | undefined }
  | {
      readonly action: 'admission';
      readonly policySet: string;
      readonly reference: string;
    }
  | {
      readonly action: 'compile' | 'authorize';
      readonly policySet: string;
      readonly namespace: string;
      readonly reference: string;
    }
  | { readonly action: 'manageKeys'; readonly scopes: readonly string[] | undefined };

/** The answer: whether it is permitted, and by which policies. */
export interface AccessDecision {
  readonly allowed: boolean;
  readonly reason: DenialReason | undefined;
  readonly policies: readonly DeterminingPolicy[];
}

/**
 * Adds up what {@link decideAccess} would take.
 *
 * @throws TooMuchWork
 */
export async function weighAccess(
  basis: PolicyBasis,
  caller: Caller,
  question: AccessQuestion,
  work: Work,
): Promise<void> {
  await basis.weigh([cedarQuestion(caller, question, basis.entities)], work);
}

/**
 * Decides whether a caller may do something: default deny, and a policy that fails to evaluate denies.
 *
 * @throws CedarFailure when the policies are unusable; then nothing is permitted.
 * @throws TooMuchWork when it would take too long.
 */
export async function decideAccess(
  basis: PolicyBasis,
  caller: Caller,
  question: AccessQuestion,
  work?: Work,
): Promise<AccessDecision> {
  const { memory } = basis;
  const [finding] = await basis.evaluate([cedarQuestion(caller, question, basis.entities)], work);
  if (finding === undefined) throw new Error('A question was not decided.');
  const { allowed, reasons, errors, candidates } = finding;
  if (errors.length > 0) {
    const policies = errors.map(({ policyId, message }) => ({
      ...describePolicy(memory, candidates, policyId),
      error: message,
    }));
    return { allowed: false, reason: 'PolicyError', policies };
  }
  const policies = reasons.map((id) => describePolicy(memory, candidates, id));
  if (allowed) return { allowed, reason: undefined, policies };
  return { allowed, reason: policies.length > 0 ? 'ExplicitForbid' : 'NoPermitPolicy', policies };
}

/**
 * What Cedar is asked. `extra` are the set's own entities: they add groups to callers, and what they say of a
 * tag is over the caller's claim.
 */
export function cedarQuestion(caller: Caller, question: AccessQuestion, extra: EntityLookup): Question {
  const { resource, entities, context } = resourceOf(question);
  return {
    principal: callerUid(callerId(caller)),
    action: { type: 'Tracewright::Action', id: question.action },
    resource,
    context,
    own: [callerEntity(caller), ...entities].map((entity) => combine(extra, entity)),
  };
}

/**
 * Whether a caller could be permitted to compile or authorize anything at all. True where it cannot be told.
 *
 * @throws Error that the place of the policies makes of a failure to read them
 */
export async function couldBePermitted(
  basis: PolicyBasis,
  caller: Caller,
  action: 'compile' | 'authorize',
): Promise<boolean> {
  const request = {
    principal: callerUid(callerId(caller)),
    action: { type: 'Tracewright::Action', id: action },
    context: ['reference'],
  };
  return basis.couldAllow(request, [combine(basis.entities, callerEntity(caller))]);
}

/** What a question is about, in words: e.g. `Tracewright::PolicySet::"default"`. */
export function resourceName(question: AccessQuestion): string {
  const { type, id } = resourceOf(question).resource;
  return `${type}::${JSON.stringify(id)}`;
}

/** As {@link resourceName}, while no more is known than the policy set. */
export function openResourceName({
  action,
  policySet,
}: {
  readonly action: AccessQuestion['action'];
  readonly policySet?: string | undefined;
}): string {
  const { type, id } =
    action === 'manageKeys' || policySet === undefined ? API : policySetEntity(policySet).uid;
  return `${type}::${JSON.stringify(id)}`;
}

const API: TypeAndId = { type: 'Tracewright::Api', id: 'api' };

/** What a question is about, with its entities and context. */
export function resourceOf(question: AccessQuestion): {
  resource: TypeAndId;
  entities: EntityJson[];
  context: Question['context'];
} {
  const api: EntityJson = { uid: API, attrs: {}, parents: [] };
  switch (question.action) {
    case 'manageKeys':
      return {
        resource: API,
        entities: [api],
        context: question.scopes === undefined ? {} : { scopes: [...question.scopes] },
      };
    case 'compile':
    case 'authorize': {
      const { policySet, namespace, reference } = question;
      const set = policySetEntity(policySet);
      const uid = { type: 'Tracewright::Namespace', id: namespace };
      const entity = { uid, attrs: { name: namespace, policySet }, parents: [set.uid] };
      return { resource: uid, entities: [api, set, entity], context: { reference } };
    }
    case 'admission': {
      const set = policySetEntity(question.policySet);
      return { resource: set.uid, entities: [api, set], context: { reference: question.reference } };
    }
    default: {
      if (question.policySet === undefined) return { resource: API, entities: [api], context: {} };
      const set = policySetEntity(question.policySet);
      const alias = question.action === 'activate' ? question.alias : undefined;
      return {
        resource: { type: 'Tracewright::PolicySet', id: question.policySet },
        entities: [api, set],
        context: alias === undefined ? {} : { alias },
      };
    }
  }
}

function callerUid(id: string): TypeAndId {
  return { type: 'Tracewright::Caller', id };
}

function callerEntity(caller: Caller): EntityJson {
  const { kind, issuer, subject, scopes, groups, email, repository, ref, environment, claims } = caller;
  const optional = Object.entries({ email, repository, ref, environment }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    uid: callerUid(callerId(caller)),
    attrs: { kind, issuer, subject, scopes, groups, ...Object.fromEntries(optional) },
    parents: [],
    tags: { ...claims },
  };
}

function policySetEntity(name: string): EntityJson & { readonly uid: TypeAndId } {
  return { uid: { type: 'Tracewright::PolicySet', id: name }, attrs: { name }, parents: [API] };
}

/** A set's own entity as it will be in a request, so that a set need not repeat what we state. */
export function completeAccessEntity(entity: EntityJson): EntityJson {
  const { type, id } = '__entity' in entity.uid ? entity.uid.__entity : entity.uid;
  switch (type) {
    case 'Tracewright::Caller': {
      const [issuer = '', ...subject] = id.split('#');
      return overlay(
        entity,
        callerEntity({
          kind: 'oidc',
          issuer,
          subject: subject.join('#'),
          scopes: [],
          groups: [],
          claims: {},
        }),
      );
    }
    case 'Tracewright::PolicySet':
      return overlay(entity, policySetEntity(id));
    case 'Tracewright::Namespace': {
      const ours = { uid: { type, id }, attrs: { name: id, policySet: 'default' }, parents: [] };
      return overlay(entity, ours);
    }
    default:
      return entity;
  }
}

/** Why a caller may not do something: Cedar's reasons, and what the key itself is not made for. */
export const ACCESS_DENIAL_REASONS = [...DENIAL_REASONS, 'OutsideKeyScope'] as const;
