import type { EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';
import type { AccessQuestion } from './access-question.ts';
import { type Caller, callerId } from './caller.ts';
import { combine, type EntityLookup, overlay, type Question } from './entities.ts';

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

/** The Cedar entity of a caller, by its id `<issuer>#<subject>`. */
export function callerUid(id: string): TypeAndId {
  return { type: 'Tracewright::Caller', id };
}

/** A caller as policies see it: its attributes, and further claims as tags. */
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
