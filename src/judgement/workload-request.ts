/**
 * The bodies that have workloads, for the OpenAPI document. They are read by the compiler's own readers.
 * @module
 */
import { z } from 'zod';
import { EXAMPLE_SERVICE } from '../compiler/read/lattice/document-schemas.ts';
import { WorkloadSchema } from '../compiler/read/workload-schema.ts';
import { ImageConfigSchema } from './image-config-schema.ts';

const CONFIG = {
  architecture: 'amd64',
  os: 'linux',
  config: { Entrypoint: ['/app/web'], Env: ['PATH=/usr/bin:/bin'] },
};

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:1' }] },
};

const ImageConfigsSchema = z
  .union([z.record(z.string(), ImageConfigSchema), ImageConfigSchema, z.array(ImageConfigSchema)])
  .meta({
    id: 'ImageConfigs',
    description:
      'Configs of the images of the workloads: a mapping from references or digests to configs, what `docker image inspect` prints, or a list of these.',
    examples: [{ 'web:1': CONFIG }],
  });

const WorkloadEnvelopeSchema = z
  .strictObject({
    workloads: z
      .union([WorkloadSchema, z.array(WorkloadSchema).min(1), z.string()])
      .meta({ description: 'A workload, a list of them, or a text that has them.', examples: [POD] }),
    images: ImageConfigsSchema.optional(),
  })
  .meta({
    id: 'WorkloadEnvelope',
    description: 'Workloads, with what is known of their images.',
    examples: [{ workloads: POD, images: { 'web:1': CONFIG } }],
  });

/** The schema of a JSON body of workloads: one of them alone, or an envelope. */
export const WorkloadRequestSchema = z.union([WorkloadSchema, WorkloadEnvelopeSchema]).meta({
  id: 'WorkloadRequest',
  description: 'A workload, or an envelope with workloads and configs of their images.',
  examples: [EXAMPLE_SERVICE],
});

/** The content of a multipart body of workloads, for the OpenAPI document. */
export const WORKLOAD_FORM = {
  'multipart/form-data': {
    schema: z
      .strictObject({
        workloads: z.string().meta({
          description: 'The workloads, as JSON or YAML.',
          examples: ['kind: LatticeService\n'],
        }),
        images: z
          .string()
          .optional()
          .meta({
            description:
              'Configs of images as JSON. It may be repeated, and it may be one config alone whose file name is the reference of the image.',
            examples: ['{}'],
          }),
      })
      .meta({
        id: 'WorkloadForm',
        description: 'Workloads, and what is known of their images, as parts of a form.',
        examples: [{ workloads: JSON.stringify(POD), images: JSON.stringify({ 'web:1': CONFIG }) }],
      }),
  },
};
