import { z } from 'zod';
import { labelPatch } from '../compiler/emit/label-patch.ts';
import { workloadId } from '../compiler/model/workload.ts';
import type { CompiledWorkload } from './compile-judgement.ts';
import { AssumedImageSchema, assumedImages } from './image-answers.ts';
import type { WorkloadBody } from './workload-body.ts';

const LabelPatchSchema = z
  .strictObject({
    target: z
      .strictObject({
        apiVersion: z.string().meta({ description: 'Its apiVersion.', examples: ['apps/v1'] }),
        kind: z.string().meta({ description: 'Its kind.', examples: ['Deployment'] }),
        name: z.string().meta({ description: 'Its name.', examples: ['web'] }),
        namespace: z.string().meta({ description: 'Its namespace.', examples: ['shop'] }),
      })
      .meta({ description: 'The object whose pods need the labels.' }),
    jsonPatch: z
      .array(
        z.strictObject({
          op: z.literal('add'),
          path: z.string(),
          value: z.union([z.string(), z.record(z.string(), z.unknown())]),
        }),
      )
      .meta({ description: 'A JSON patch (RFC 6902) for the object as it was sent.' }),
  })
  .meta({
    id: 'LabelPatch',
    description: 'What adds the labels of `podLabels` to the pod template of an object.',
    examples: [
      {
        target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop' },
        jsonPatch: [
          { op: 'add', path: '/spec/template/metadata/labels/lattice.dev~1run-as-non-root', value: 'true' },
        ],
      },
    ],
  });

/** The schema of what an answer says about one service. */
export const ServiceSummarySchema = z
  .strictObject({
    service: z
      .string()
      .meta({ description: 'The service, `<namespace>/<name>`.', examples: ['production/api-server'] }),
    manifests: z.array(z.string()).meta({
      description: 'The names of its policies among the manifests.',
      examples: [['allow-binaries-api-server']],
    }),
    podLabels: z.record(z.string(), z.string()).meta({
      description: 'Labels its pod template must carry for the policies to apply (`layout=shared`).',
      examples: [{ 'lattice.dev/run-as-non-root': 'true' }],
    }),
    labelPatch: LabelPatchSchema.optional(),
    images: z.array(AssumedImageSchema).optional().meta({
      description: 'What was assumed because of the configs of images, when anything was.',
    }),
  })
  .meta({
    id: 'ServiceSummary',
    description: 'What belongs to one service.',
    examples: [{ service: 'production/api-server', manifests: ['allow-binaries-api-server'], podLabels: {} }],
  });

/**
 * Summarises one compiled workload: its policies, the labels its pods need with the patch that adds them, and what was
 * assumed of its images.
 */
export function serviceSummary(
  { workload, manifests, podLabels }: CompiledWorkload,
  body: WorkloadBody,
): z.output<typeof ServiceSummarySchema> {
  const images = assumedImages(workload, body);
  const patch = labelPatch(workload, podLabels);
  return {
    service: workloadId(workload),
    manifests: manifests.map(({ metadata }) => metadata.name),
    podLabels: { ...podLabels },
    ...(patch === undefined ? {} : { labelPatch: { target: patch.target, jsonPatch: [...patch.jsonPatch] } }),
    ...(images.length === 0 ? {} : { images }),
  };
}
