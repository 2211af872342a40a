/**
 * Callers and what they ask of this API as Cedar requests and entities, in the vocabulary of
 * `tracewright.cedarschema`.
 * @module
 */
import type { EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';
import type { AccessQuestion } from './access-question.ts';
import { type Caller, callerId } from './caller.ts';
import { combine, type EntityLookup, overlay, type Question } from './entities.ts';

/**
 * The Cedar request for an access question.
 *
 * @param extra The entities of the policy set `management`. They can add groups to callers, and their tags take
 *   precedence over the claims of a caller.
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

/** The resource of a question as Cedar writes it, e.g. `Tracewright::PolicySet::"default"`. */
export function resourceName(question: AccessQuestion): string {
  const { type, id } = resourceOf(question).resource;
  return `${type}::${JSON.stringify(id)}`;
}

/** The same as {@link resourceName}, for a question of which at most the policy set is known. */
export function openResourceName({
  action,
  policySet,
}: {
  readonly action: AccessQuestion['action'];
  readonly policySet?: string | undefined;
}): string {
  const { type, id } =
    action === 'manageKeys' || action === 'describeImages' || policySet === undefined
      ? API
      : policySetEntity(policySet).uid;
  return `${type}::${JSON.stringify(id)}`;
}

/** The entity that stands for the whole API. */
const API: TypeAndId = { type: 'Tracewright::Api', id: 'api' };

/** The resource of a question, with the entities and the context that belong to it. */
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
    case 'describeImages':
      return { resource: API, entities: [api], context: {} };
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

/** The entity UID of a caller with an id (see {@link callerId}). */
export function callerUid(id: string): TypeAndId {
  return { type: 'Tracewright::Caller', id };
}

/** The entity of a caller: its attributes, and its further claims as tags. */
export function callerEntity(caller: Caller): EntityJson {
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

/**
 * An entity of a policy set as it will be in a request. A set need not repeat the attributes that requests state
 * anyway.
 */
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
