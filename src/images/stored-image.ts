/**
 * What is stored of an image, and how requests and answers show it.
 * @module
 */
import { z } from 'zod';
import type { ImageFacts } from '../compiler/model/image.ts';
import { timeField } from '../policy-sets/time-field.ts';

/** The digest of an image's manifest. */
export const ImageDigestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'Expected sha256: and 64 hexadecimal digits, as crane digest prints them.')
  .meta({
    id: 'ImageDigest',
    description: 'The digest of the manifest of an image, as workloads name it after `@`.',
    examples: ['sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  });

const factFields = {
  entrypoint: z.array(z.string()).meta({
    description: 'ENTRYPOINT; empty when the image has none.',
    examples: [['/docker-entrypoint.sh']],
  }),
  cmd: z
    .array(z.string())
    .meta({ description: 'CMD; empty when the image has none.', examples: [['nginx', '-g', 'daemon off;']] }),
  workingDir: z.string().meta({ description: 'WORKDIR; `/` when the image has none.', examples: ['/'] }),
  path: z
    .string()
    .nullable()
    .meta({ description: 'Its variable PATH; null when it sets none.', examples: ['/usr/sbin:/usr/bin'] }),
  user: z.string().meta({ description: 'USER; empty when the image has none.', examples: [''] }),
};

const EXAMPLE = {
  digest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  entrypoint: ['/docker-entrypoint.sh'],
  cmd: ['nginx', '-g', 'daemon off;'],
  workingDir: '/',
  path: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  user: '',
  storedAt: '2026-01-01T00:00:00Z',
  storedBy: 'tracewright#5f2b1c9d8e7a6f30',
};

/** An image whose facts are stored. */
export const StoredImageSchema = z
  .strictObject({
    digest: ImageDigestSchema,
    ...factFields,
    storedAt: timeField('When it was stored'),
    storedBy: z.string().meta({ description: 'The caller that stored it.', examples: [EXAMPLE.storedBy] }),
  })
  .meta({
    id: 'StoredImage',
    description: 'How the containers of an image start. Nothing else of its config is stored.',
    examples: [EXAMPLE],
  });
/** An image whose facts are stored. */
export type StoredImage = z.output<typeof StoredImageSchema>;

/** What is stored of an image that says these facts. */
export function storedImage(
  digest: string,
  { entrypoint, cmd, workingDir, path, user }: ImageFacts,
  stored: Pick<StoredImage, 'storedAt' | 'storedBy'>,
): StoredImage {
  return {
    digest,
    entrypoint: [...entrypoint],
    cmd: [...cmd],
    workingDir,
    path: path ?? null,
    user,
    ...stored,
  };
}

/** The facts of a stored image, as the compiler reads them. */
export function factsOf({ entrypoint, cmd, workingDir, path, user }: StoredImage): ImageFacts {
  return { entrypoint, cmd, workingDir, path: path ?? undefined, user };
}
