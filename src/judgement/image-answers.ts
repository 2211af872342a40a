import { z } from 'zod';
import { imageAssumptions } from '../compiler/derive/image-assumptions.ts';
import type { Workload } from '../compiler/model/workload.ts';
import { visibleText } from '../http/visible-text.ts';
import type { WorkloadBody } from './workload-body.ts';

const AssumedEntrypointSchema = z.strictObject({
  word: z.string().meta({
    description: 'The first word of what is executed; the others may be secrets.',
    examples: ['nginx'],
  }),
  ofImage: z.boolean().meta({
    description: 'Whether the image says that it is executed; else the workload does, without its path.',
    examples: [true],
  }),
  paths: z.array(z.string()).meta({
    description: 'The files that it can be, and those that it certainly starts.',
    examples: [['/usr/sbin/nginx']],
  }),
});

/** The schema of what an answer says of the image of a container. */
export const AssumedImageSchema = z
  .strictObject({
    container: z.string().meta({ description: 'The container.', examples: ['web'] }),
    image: z.string().meta({ description: 'Its image, as the workload has it.', examples: ['nginx:1.27'] }),
    matchedBy: z.enum(['digest', 'reference']).meta({
      description: 'By what the config was found. A reference may mean another image tomorrow.',
      examples: ['reference'],
    }),
    name: z.string().meta({
      description: 'The digest, or the whole reference.',
      examples: ['docker.io/library/nginx:1.27'],
    }),
    from: z
      .enum(['request', 'storage'])
      .meta({ description: 'Whether the request told it, or it was stored before.', examples: ['request'] }),
    entrypoints: z
      .array(AssumedEntrypointSchema)
      .meta({ description: 'The entrypoints that the config told.' }),
    needsEvents: z.boolean().meta({
      description: 'Whether the container may start other programs, so that these alone are no allowlist.',
      examples: [false],
    }),
  })
  .meta({
    id: 'AssumedImage',
    description: 'What was assumed of a container because of the config of its image.',
    examples: [
      {
        container: 'web',
        image: 'nginx:1.27',
        matchedBy: 'reference',
        name: 'docker.io/library/nginx:1.27',
        from: 'request',
        entrypoints: [{ word: 'nginx', ofImage: true, paths: ['/usr/sbin/nginx'] }],
        needsEvents: false,
      },
    ],
  });
/** What was assumed of a container because of the config of its image. */
export type AssumedImage = z.output<typeof AssumedImageSchema>;

/** What was assumed of the containers of a workload because of the configs of their images. */
export function assumedImages(workload: Workload, body: WorkloadBody): AssumedImage[] {
  if (workload.containers.every(({ knownImage }) => knownImage === undefined)) return [];
  return imageAssumptions(workload).map(
    ({ container, image, matchedBy, name, entrypoints, needsEvents }) => ({
      container,
      image: visibleText(image),
      matchedBy,
      name,
      from: isStored(name, body) ? 'storage' : 'request',
      entrypoints: entrypoints.map(({ word, isOfImage, paths }) => ({
        word: visibleText(word),
        ofImage: isOfImage,
        paths: [...paths],
      })),
      needsEvents,
    }),
  );
}

/** Whether what is known by a name is known from storage alone. */
function isStored(name: string, { images, stored }: WorkloadBody): boolean {
  return stored?.has(name) === true && !images.some(({ digests }) => digests.includes(name));
}
