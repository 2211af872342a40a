import type { CedarValueJson, EntityJson, EntityUidJson, TypeAndId } from '@cedar-policy/cedar-wasm/web';

/** What Cedar is asked, with the entities that we state. Those of a policy set are not among them. */
export interface Question {
  readonly principal: TypeAndId;
  readonly action: TypeAndId;
  readonly resource: TypeAndId;
  readonly context: Readonly<Record<string, CedarValueJson>>;
  /** Complete: with what the policy set says of each. */
  readonly own: readonly EntityJson[];
}

/** Entities by their uid (see {@link uidKey}). */
export interface EntityLookup {
  get(uid: string): EntityJson | undefined;
}

/** What the policy set says of an entity, put together with our own statements. */
export function combine(
  extra: EntityLookup,
  ours: EntityJson,
  join: (described: EntityJson, ours: EntityJson) => EntityJson = overlay,
): EntityJson {
  const described = extra.get(uidKey(ours.uid));
  return described === undefined ? ours : join(described, ours);
}

/**
 * Our statements of an entity over those of the policy set. Only its tags come from whoever asks, so for
 * those the policy set has the last word.
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

/** One text for one entity UID, whichever of Cedar's two JSON spellings it has. */
export function uidKey(uid: EntityUidJson): string {
  const { type, id } = typeAndId(uid);
  return `${type}::${JSON.stringify(id)}`;
}

/** An entity UID in the shorter of its two JSON spellings. */
export function typeAndId(uid: EntityUidJson): TypeAndId {
  return '__entity' in uid ? uid.__entity : uid;
}
