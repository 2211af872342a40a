/**
 * Requests to Cedar and their entities, and how they join the entities of a policy set.
 * @module
 */
import type { CedarValueJson, EntityJson, EntityUidJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';

/**
 * A request to Cedar, with the entities that this service states. The other entities of the policy set are left
 * out.
 */
export interface Question {
  readonly principal: TypeAndId;
  readonly action: TypeAndId;
  readonly resource: TypeAndId;
  readonly context: Readonly<Record<string, CedarValueJson>>;
  /** The stated entities, each joined with what the policy set says about it. */
  readonly own: readonly EntityJson[];
}

/** Finds entities by their UID (see {@link uidKey}). */
export interface EntityLookup {
  get(uid: string): EntityJson | undefined;
}

/**
 * Joins a stated entity with what the policy set says about it.
 *
 * @param extra The entities of the policy set.
 * @param ours The stated entity.
 * @param join How the two are joined when the policy set has the entity.
 */
export function combine(
  extra: EntityLookup,
  ours: EntityJson,
  join: (described: EntityJson, ours: EntityJson) => EntityJson = overlay,
): EntityJson {
  const described = extra.get(uidKey(ours.uid));
  return described === undefined ? ours : join(described, ours);
}

/**
 * Joins a stated entity with the one of the policy set. Stated attributes take precedence over those of the policy
 * set. Stated tags come from whoever asks, so the tags of the policy set take precedence over them.
 */
export function overlay(described: EntityJson, ours: EntityJson): EntityJson {
  const parents = new Map([...described.parents, ...ours.parents].map((parent) => [uidKey(parent), parent]));
  return {
    uid: ours.uid,
    attrs: { ...described.attrs, ...ours.attrs },
    parents: [...parents.values()],
    tags: { ...ours.tags, ...described.tags },
  };
}

/** An entity UID as a text, the same for both of its JSON forms in Cedar. */
export function uidKey(uid: EntityUidJson): string {
  const { type, id } = typeAndId(uid);
  return `${type}::${JSON.stringify(id)}`;
}

/** An entity UID in the shorter of its two JSON forms. */
export function typeAndId(uid: EntityUidJson): TypeAndId {
  return '__entity' in uid ? uid.__entity : uid;
}
