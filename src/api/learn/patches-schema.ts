import { z } from 'zod';

const OperationSchema = z
  .union([
    z.strictObject({
      op: z.enum(['add', 'replace']).meta({ description: 'The operation.', examples: ['add'] }),
      path: z
        .string()
        .meta({ description: 'Where, as a JSON pointer.', examples: ['/metadata/annotations'] }),
      value: z.unknown().meta({ description: 'The new value.', examples: [{}] }),
    }),
    z.strictObject({
      op: z.literal('remove').meta({ description: 'The operation.', examples: ['remove'] }),
      path: z
        .string()
        .meta({ description: 'Where, as a JSON pointer.', examples: ['/metadata/annotations/x'] }),
    }),
  ])
  .meta({
    id: 'PatchOperation',
    description: 'An operation of a JSON patch (RFC 6902).',
    examples: [{ op: 'add', path: '/metadata/annotations', value: {} }],
  });

/** The schema of the JSON patches that `POST /learn` answers. */
export const LearnPatchesSchema = z
  .strictObject({
    patches: z
      .array(
        z
          .strictObject({
            document: z
              .int()
              .min(0)
              .meta({ description: 'The document of the workloads, from 0.', examples: [0] }),
            object: z.string().meta({
              description: 'The object in its document, as a JSON pointer; empty for the whole.',
              examples: [''],
            }),
            operations: z
              .array(OperationSchema)
              .meta({ description: 'The patch of the object.', examples: [[]] }),
          })
          .meta({
            id: 'ObjectPatch',
            description: 'The JSON patch of one object.',
            examples: [{ document: 0, object: '', operations: [] }],
          }),
      )
      .meta({ description: 'A patch for each object that changes.', examples: [[]] }),
  })
  .meta({
    id: 'LearntPatches',
    description: 'The proposed allowlists as JSON patches.',
    examples: [{ patches: [{ document: 0, object: '', operations: [] }] }],
  });
