import type { KnownImage } from '../compiler/model/image.ts';
import { parseImageReference } from '../compiler/model/image-reference.ts';
import type { Notice } from '../compiler/model/notices.ts';
import type { Workload } from '../compiler/model/workload.ts';

/** How many images the notice names. */
const NAMED = 5;

/** The notice about images of a request that no container of its workloads has. A misspelt reference shows in it. */
export function unusedImages(images: readonly KnownImage[], workloads: readonly Workload[]): Notice[] {
  if (images.length === 0) return [];
  const used = new Set(
    workloads.flatMap(({ containers }) => containers.map(({ knownImage }) => knownImage?.name)),
  );
  const unused = images.filter(
    ({ digests, references }) =>
      !digests.some((digest) => used.has(digest)) &&
      !references.some((reference) => used.has(parseImageReference(reference)?.reference)),
  );
  if (unused.length === 0) return [];
  const names = unused.slice(0, NAMED).map(({ references, digests }) => references[0] ?? digests[0] ?? '');
  const more = unused.length > NAMED ? ` and ${unused.length - NAMED} more` : '';
  return [
    {
      code: 'ImageNotUsed',
      service: '',
      message: `No container has these images, whose configs were sent: ${names.join(', ')}${more}. A container that names a digest needs the config of that digest; else the reference must be the same.`,
      document: 0,
      path: [],
    },
  ];
}
