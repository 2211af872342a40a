import type { EntityJson, EntityUidJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { overrideCategory, type SecurityOverride } from '../compiler/overrides.ts';
import type { CedarRequest } from './engine.ts';

/** Who asks for an override: a workload, as Cedar policies see it. */
export interface Principal {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The part of an override that Cedar policies see. */
export type OverrideRequest = Pick<SecurityOverride, 'id' | 'category' | 'container' | 'image' | 'implicit'>;

const ACTION: TypeAndId = { type: 'Lattice::Action', id: 'OverrideSecurity' };

/** The principal's entity UID: `Lattice::Service::"<namespace>/<name>"`. */
export function principalUid({ namespace, name }: Pick<Principal, 'namespace' | 'name'>): TypeAndId {
  return { type: 'Lattice::Service', id: `${namespace}/${name}` };
}

/** The resource's entity UID: `Lattice::SecurityOverride::"<id>"`. */
export function overrideUid(id: string): TypeAndId {
  return { type: 'Lattice::SecurityOverride', id };
}

/**
 * Makes the Cedar requests of one principal. `extra` are the policy set's own entities: they add parents
 * (teams, environments) and attributes, and never replace what we state of the workload.
 */
export function requestsOf(
  principal: Principal,
  extra: readonly EntityJson[],
): (override: OverrideRequest) => CedarRequest {
  const uid = principalUid(principal);
  const namespace: TypeAndId = { type: 'Lattice::Namespace', id: principal.namespace };
  const entities = mergeEntities(extra, [
    principalEntity(principal),
    { uid: namespace, attrs: {}, parents: [] },
  ]);
  const known = new Map(entities.map((entity) => [uidKey(entity.uid), entity]));
  return (override) => {
    const resource = resourceEntity(override);
    const key = uidKey(resource.uid);
    const described = known.get(key);
    return {
      principal: uid,
      action: ACTION,
      resource: overrideUid(override.id),
      context: {
        implicit: override.implicit,
        ...(override.container === undefined ? {} : { container: override.container }),
        ...(override.image === undefined ? {} : { image: override.image }),
      },
      entities:
        described === undefined
          ? [...entities, resource]
          : [...entities.filter((entity) => entity !== described), combine(described, resource)],
    };
  };
}

function principalEntity(principal: Principal): EntityJson {
  return {
    uid: principalUid(principal),
    attrs: {
      namespace: principal.namespace,
      name: principal.name,
      kind: principal.kind,
      labels: Object.entries(principal.labels).map(([key, value]) => ({ key, value })),
    },
    parents: [{ type: 'Lattice::Namespace', id: principal.namespace }],
    tags: { ...principal.labels },
  };
}

/**
 * A set's own entity as it will be in a request: with what we state of workloads and overrides. A set
 * need not repeat that to add a parent to one.
 */
export function completeEntity(entity: EntityJson): EntityJson {
  const { type, id } = typeAndId(entity.uid);
  if (type === 'Lattice::Service') {
    const [namespace = '', name = ''] = id.split('/');
    return combine(entity, principalEntity({ namespace, name, kind: 'service', labels: {} }));
  }
  const category = type === 'Lattice::SecurityOverride' ? overrideCategory(id) : undefined;
  return category === undefined
    ? entity
    : combine(
        entity,
        resourceEntity({ id, category, container: undefined, image: undefined, implicit: false }),
      );
}

function resourceEntity({ id, category }: OverrideRequest): EntityJson {
  return {
    uid: overrideUid(id),
    attrs: {
      override_id: id,
      category,
      ...(category === 'binary' ? { path: id.slice('allowedBinary:'.length) } : {}),
    },
    parents: [],
  };
}

/** A set's own entities and those of a request, each once, with our statements on top. */
export function mergeEntities(extra: readonly EntityJson[], ours: readonly EntityJson[]): EntityJson[] {
  const known = new Map(extra.map((entity) => [uidKey(entity.uid), entity]));
  for (const entity of ours) {
    const key = uidKey(entity.uid);
    const described = known.get(key);
    known.set(key, described === undefined ? entity : combine(described, entity));
  }
  return [...known.values()];
}

/** What the policy set says of an entity, with our own statements on top. */
export function combine(described: EntityJson, ours: EntityJson): EntityJson {
  const parents = new Map([...described.parents, ...ours.parents].map((parent) => [uidKey(parent), parent]));
  return {
    uid: ours.uid,
    attrs: { ...described.attrs, ...ours.attrs },
    parents: [...parents.values()],
    tags: { ...described.tags, ...ours.tags },
  };
}

/** One text for one entity UID, whichever of Cedar's two JSON spellings it has. */
export function uidKey(uid: EntityUidJson): string {
  const { type, id } = typeAndId(uid);
  return `${type}::${JSON.stringify(id)}`;
}

function typeAndId(uid: EntityUidJson): TypeAndId {
  return '__entity' in uid ? uid.__entity : uid;
}
