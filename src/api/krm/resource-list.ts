import { z } from 'zod';

/** The schema of a denial or a notice as a result (KRM Functions Specification). */
const ResultSchema = z
  .strictObject({
    message: z.string().meta({
      description: 'What happened.',
      examples: ['hostPID is denied for monitoring/node-exporter: no policy permits it.'],
    }),
    severity: z
      .enum(['error', 'warning', 'info'])
      .meta({ description: '`error`: an override is denied.', examples: ['error'] }),
    resourceRef: z
      .strictObject({
        apiVersion: z.string().meta({ description: 'Its apiVersion.', examples: ['apps/v1'] }),
        kind: z.string().meta({ description: 'Its kind.', examples: ['DaemonSet'] }),
        name: z.string().meta({ description: 'Its name.', examples: ['node-exporter'] }),
        namespace: z
          .string()
          .optional()
          .meta({ description: 'Its namespace.', examples: ['monitoring'] }),
      })
      .optional()
      .meta({ description: 'The object that it is about.' }),
    field: z
      .strictObject({
        path: z
          .string()
          .meta({ description: 'Its place in the object.', examples: ['spec.template.spec.hostPID'] }),
      })
      .optional()
      .meta({ description: 'The value that it is about.' }),
    file: z
      .strictObject({
        path: z.string().meta({ description: 'The file.', examples: ['node-exporter.yaml'] }),
        index: z
          .int()
          .optional()
          .meta({ description: 'The document in it, from 0.', examples: [0] }),
      })
      .optional()
      .meta({ description: 'Where the object comes from, as its annotations say.' }),
    tags: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'The rule and the workload.', examples: [{ rule: 'hostPID' }] }),
  })
  .meta({
    id: 'KrmResult',
    description: 'A denial or a notice (KRM Functions Specification, Result).',
    examples: [
      { message: 'hostPID is denied for monitoring/node-exporter: no policy permits it.', severity: 'error' },
    ],
  });
/** A result of a KRM function: a denial or a notice about an object. */
/** A denial or a notice as a result. */
export type Result = z.output<typeof ResultSchema>;

/** The list of objects that KRM functions take and return. */
export const ResourceListSchema = z
  .looseObject({
    apiVersion: z
      .enum(['config.kubernetes.io/v1', 'config.kubernetes.io/v1beta1', 'config.kubernetes.io/v1alpha1'])
      .meta({
        description: 'The version of the protocol.',
        examples: ['config.kubernetes.io/v1'],
      }),
    kind: z.literal('ResourceList').meta({ description: 'The kind.', examples: ['ResourceList'] }),
    items: z
      .array(z.looseObject({}))
      .nullable()
      .default([])
      .meta({ description: 'The objects of the package.', examples: [[]] }),
    functionConfig: z
      .looseObject({})
      .nullable()
      .optional()
      .meta({
        description:
          'The options of `/compile`: the `data` of a ConfigMap, or the `spec` of any other object.',
        examples: [{ apiVersion: 'v1', kind: 'ConfigMap', data: { layout: 'merged' } }],
      }),
    results: z.array(ResultSchema).optional().meta({ description: 'Denials and notices.' }),
  })
  .meta({
    id: 'ResourceList',
    description: 'What KRM functions take and return (KRM Functions Specification v1).',
    examples: [{ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [] }],
  });

/** The schema of a request. Results of earlier functions may be there, and are not read. */
export const InputSchema = ResourceListSchema.extend({ results: z.unknown().optional() });
