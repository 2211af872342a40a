/**
 * The entities of a policy set as JSON.
 * @module
 */
import { z } from 'zod';

const EntityTypeAndIdSchema = z.strictObject({
  type: z.string().meta({ description: 'Its type.', examples: ['Lattice::Namespace'] }),
  id: z.string().meta({ description: 'Its id.', examples: ['ci'] }),
});
const EntityUidSchema = z
  .union([EntityTypeAndIdSchema, z.strictObject({ __entity: EntityTypeAndIdSchema })])
  .meta({
    id: 'EntityUid',
    description: "The type and id of an entity, in either of Cedar's two JSON forms.",
    examples: [{ type: 'Lattice::Namespace', id: 'ci' }],
  });

/** Any JSON value. `z.json()` would not do, because the OpenAPI document cannot refer to it by one name. */
const JsonValueSchema: z.ZodType<z.core.util.JSONType> = z
  .lazy(() =>
    z.union([
      z.string(),
      z.number(),
      z.boolean(),
      z.null(),
      z.array(JsonValueSchema),
      z.record(z.string(), JsonValueSchema),
    ]),
  )
  .meta({ id: 'JsonValue', description: 'Any JSON value.', examples: [{ owner: 'platform' }] });

/** An entity of a policy set, in the JSON form of Cedar. */
export const EntitySchema = z
  .strictObject({
    uid: EntityUidSchema,
    attrs: z
      .record(z.string(), JsonValueSchema)
      .default({})
      .meta({ description: 'Its attributes.', examples: [{}] }),
    parents: z
      .array(EntityUidSchema)
      .default([])
      .meta({ description: 'What it belongs to.', examples: [[{ type: 'Lattice::Team', id: 'platform' }]] }),
    tags: z
      .record(z.string(), JsonValueSchema)
      .default({})
      .meta({ description: 'Its tags.', examples: [{}] }),
  })
  .meta({
    id: 'Entity',
    description: "An entity in Cedar's JSON form.",
    examples: [
      { uid: { type: 'Lattice::Namespace', id: 'ci' }, parents: [{ type: 'Lattice::Team', id: 'platform' }] },
    ],
  });
