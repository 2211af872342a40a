/**
 * Workloads and the overrides that they ask for as Cedar requests and entities, in the vocabulary of
 * `lattice.cedarschema`.
 * @module
 */
import type { CedarValueJson, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';
import { overrideCategory } from '../compiler/model/override.ts';
import { combine, type EntityLookup, overlay, type Question, typeAndId } from './entities.ts';
import type { OverrideRequest, Principal } from './override-question.ts';

const ACTION: TypeAndId = { type: 'Lattice::Action', id: 'OverrideSecurity' };

/** The entity UID of a workload: `Lattice::Service::"<namespace>/<name>"`. */
export function principalUid({ namespace, name }: Pick<Principal, 'namespace' | 'name'>): TypeAndId {
  return { type: 'Lattice::Service', id: `${namespace}/${name}` };
}

/** The entity UID of an override: `Lattice::SecurityOverride::"<id>"`. */
export function overrideUid(id: string): TypeAndId {
  return { type: 'Lattice::SecurityOverride', id };
}

/**
 * Makes the Cedar requests of one workload, one for each override.
 *
 * @param extra The entities of the policy set. They can add parents (teams, environments) and attributes to a
 *   workload, and never replace its stated attributes. Labels are what a workload claims, so the labels of the
 *   policy set take precedence over them.
 */
export function questionsOf(
  principal: Principal,
  extra: EntityLookup,
): (override: OverrideRequest) => Question {
  const uid = principalUid(principal);
  const namespace: TypeAndId = { type: 'Lattice::Namespace', id: principal.namespace };
  const entities = [
    combine(extra, principalEntity(principal), overlayLabelled),
    combine(extra, { uid: namespace, attrs: {}, parents: [] }),
  ];
  return (override) => ({
    principal: uid,
    action: ACTION,
    resource: overrideUid(override.id),
    context: {
      implicit: override.implicit,
      ...(override.container === undefined ? {} : { container: override.container }),
      ...(override.image === undefined ? {} : { image: override.image }),
    },
    own: [...entities, combine(extra, resourceEntity(override))],
  });
}

/** The stated entity of a workload. */
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
 * An entity of a policy set as it will be in a request, with what requests state about workloads and overrides. A set
 * need not repeat that in order to add a parent.
 */
export function completeEntity(entity: EntityJson): EntityJson {
  const { type, id } = typeAndId(entity.uid);
  if (type === 'Lattice::Service') {
    const [namespace = '', name = ''] = id.split('/');
    return overlayLabelled(entity, principalEntity({ namespace, name, kind: 'service', labels: {} }));
  }
  const category = type === 'Lattice::SecurityOverride' ? overrideCategory(id) : undefined;
  return category === undefined
    ? entity
    : overlay(
        entity,
        resourceEntity({ id, category, container: undefined, image: undefined, implicit: false }),
      );
}

/** The stated entity of an override. */
function resourceEntity({ id, category, readOnly = false }: OverrideRequest): EntityJson {
  return {
    uid: overrideUid(id),
    attrs: { override_id: id, category, ...valueAttributes(id, readOnly) },
    parents: [],
  };
}

/** The attributes that only some overrides have, made of the value in their id. */
function valueAttributes(id: string, readOnly: boolean): EntityJson['attrs'] {
  const colon = id.indexOf(':');
  const value = id.slice(colon + 1);
  switch (id.slice(0, Math.max(colon, 0))) {
    case 'allowedBinary':
      return { path: value };
    case 'hostPath':
      return { path: value, readOnly };
    case 'hostPort':
      return { port: Number(value) };
    default:
      return {};
  }
}

/** The same as {@link overlay} for a workload, whose labels are an attribute and tags. Both get the same labels. */
function overlayLabelled(described: EntityJson, ours: EntityJson): EntityJson {
  const joined = overlay(described, ours);
  const { labels: listed } = described.attrs;
  const stated = [...labelsOf(described.tags), ...(Array.isArray(listed) ? listed.flatMap(labelIn) : [])];
  if (stated.length === 0) return joined;
  const keys = new Set(stated.map(({ key }) => key));
  const own = labelsOf(ours.tags).filter(({ key }) => !keys.has(key));
  const labels = new Map([...own, ...stated].map((label) => [JSON.stringify(label), label]));
  return {
    ...joined,
    attrs: { ...joined.attrs, labels: [...labels.values()] },
    tags: {
      ...ours.tags,
      ...Object.fromEntries(stated.map(({ key, value }) => [key, value])),
      ...described.tags,
    },
  };
}

/** A label as a Cedar record. It is no interface, because Cedar's types take no interface for a record. */
type Label = { key: string; value: string };

/** The labels in the tags of an entity. */
function labelsOf(tags: EntityJson['tags'] = {}): Label[] {
  return Object.entries(tags).flatMap(([key, value]) => (typeof value === 'string' ? [{ key, value }] : []));
}

/** The label in an element of the attribute `labels`; none when it has another form. */
function labelIn(value: CedarValueJson): Label[] {
  if (typeof value !== 'object' || value === null || !('key' in value) || !('value' in value)) return [];
  const { key, value: text } = value;
  return typeof key === 'string' && typeof text === 'string' ? [{ key, value: text }] : [];
}
