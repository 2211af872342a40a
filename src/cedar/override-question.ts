/**
 * Workloads and overrides as Cedar policies see them, and as a caller writes them without a workload.
 * @module
 */
import { z } from 'zod';
import { LIMITS } from '../compiler/model/limits.ts';
import { LabelsSchema, NameSchema, ObjectNameSchema } from '../compiler/model/names.ts';
import {
  CategorySchema,
  isHostPath,
  overrideCategory,
  type SecurityOverride,
} from '../compiler/model/override.ts';

/** A workload that asks for overrides, as a caller describes it without sending the workload. */
export const PrincipalSchema = z
  .strictObject({
    namespace: NameSchema.meta({ description: 'Its namespace.', examples: ['production'] }),
    name: ObjectNameSchema.meta({ description: 'Its name.', examples: ['api-server'] }),
    kind: z
      .string()
      .max(317)
      .default('service')
      .meta({ description: 'What kind of workload it is.', examples: ['service'] }),
    labels: LabelsSchema.default({}).meta({
      description: 'Its labels.',
      examples: [{ team: 'payments' }],
    }),
  })
  .meta({
    id: 'Principal',
    description: 'The workload that asks.',
    examples: [{ namespace: 'production', name: 'api-server' }],
  });

const OverrideIdSchema = z
  .string()
  .refine((id) => overrideCategory(id) !== undefined, 'There is no such override.')
  .meta({
    id: 'OverrideId',
    description: 'An override, e.g. `allowedBinary:/usr/bin/curl`, `capability:NET_ADMIN`, `hostNetwork`.',
    examples: ['allowedBinary:/usr/bin/curl'],
  });

/** An override, as a caller asks for it without sending the workload. */
export const AskedOverrideSchema = z
  .union([
    OverrideIdSchema,
    z.strictObject({
      id: OverrideIdSchema,
      container: NameSchema.optional().meta({ description: 'The container that asks.', examples: ['app'] }),
      image: z
        .string()
        .max(LIMITS.imageLength)
        .optional()
        .meta({ description: 'Its image.', examples: ['api-server:latest'] }),
      implicit: z
        .boolean()
        .default(false)
        .meta({ description: 'Whether it was inferred.', examples: [false] }),
      readOnly: z
        .boolean()
        .optional()
        .meta({
          description:
            'Of `hostPath:<path>` alone: whether the pod can only read there; false when left out.',
          examples: [true],
        }),
    }),
  ])
  .refine(
    (asked) => typeof asked === 'string' || asked.readOnly === undefined || isHostPath(asked.id),
    'Only an override hostPath:<path> is readOnly or not.',
  )
  .meta({
    id: 'AskedOverride',
    description: 'An override by its id, or with what Cedar policies see as `context`.',
    examples: ['capability:NET_ADMIN'],
  });

/** The override that a caller asks for, as Cedar policies see it. */
export function toOverrideRequest(asked: z.output<typeof AskedOverrideSchema>): OverrideRequest {
  const {
    id,
    container,
    image,
    implicit,
    readOnly = undefined,
  } = typeof asked === 'string'
    ? { id: asked, container: undefined, image: undefined, implicit: false }
    : asked;
  const category = CategorySchema.parse(overrideCategory(id));
  return {
    id,
    category,
    container,
    image,
    implicit,
    readOnly: isHostPath(id) ? readOnly === true : undefined,
  };
}

/** A workload that asks for overrides, as Cedar policies see it. */
export interface Principal {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The part of an override that Cedar policies see. */
export type OverrideRequest = Pick<
  SecurityOverride,
  'id' | 'category' | 'container' | 'image' | 'implicit' | 'readOnly'
>;
