/**
 * Reads and writes the facts of images in KV.
 * @module
 */
import { z } from 'zod';
import { within } from '../policy-sets/time-limit.ts';
import { ImageStorageError } from './image-storage-error.ts';
import { type StoredImage, StoredImageSchema } from './stored-image.ts';

/** An image as it is stored. The schema is strict: a field that this release does not know may change what starts. */
const StoredSchema = z.strictObject({ format: z.literal(1), image: StoredImageSchema });

/** What the KV keys of all images begin with; the digest follows. */
const PREFIX = 'v1/images/';

/** How long a read from KV, or a write to it, may take before it counts as failed, in milliseconds. */
const TIMEOUT = 5_000;

/** How many keys KV reads at once. */
const AT_ONCE = 100;

/**
 * Reads the stored images of some digests. What is not stored is not among them.
 *
 * @throws ImageStorageError
 */
export async function readStoredImages(
  kv: KVNamespace,
  digests: readonly string[],
): Promise<ReadonlyMap<string, StoredImage>> {
  const groups = Array.from({ length: Math.ceil(digests.length / AT_ONCE) }, (_, index) =>
    digests.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );
  const read = (group: readonly string[]): Promise<Map<string, string | null>> =>
    kv.get(
      group.map((digest) => `${PREFIX}${digest}`),
      'text',
    );
  const values = await attempt('read', () => Promise.all(groups.map(read)));
  return imagesOf(values.flatMap((each) => [...each.values()]));
}

/** Reads what is stored of an image; undefined when nothing is. @throws ImageStorageError */
export async function readStoredImage(kv: KVNamespace, digest: string): Promise<StoredImage | undefined> {
  return (await readStoredImages(kv, [digest])).get(digest);
}

/** Writes an image, in place of what is stored. @throws ImageStorageError */
export async function writeStoredImage(kv: KVNamespace, image: StoredImage): Promise<void> {
  const value: z.output<typeof StoredSchema> = { format: 1, image };
  await attempt('written', () => kv.put(`${PREFIX}${image.digest}`, JSON.stringify(value)));
}

/** Removes what is stored of an image. @throws ImageStorageError */
export async function removeStoredImage(kv: KVNamespace, digest: string): Promise<void> {
  await attempt('written', () => kv.delete(`${PREFIX}${digest}`));
}

/**
 * A page of the stored images, in the order of their digests.
 *
 * @param limit How many images the page has at most.
 * @param cursor The `next` of the page before; undefined for the first page.
 * @returns The images, and the cursor of the next page, which is undefined on the last one.
 * @throws ImageStorageError
 */
export async function listStoredImages(
  kv: KVNamespace,
  limit: number,
  cursor: string | undefined,
): Promise<{ images: readonly StoredImage[]; next: string | undefined }> {
  const page = await attempt('read', () =>
    kv.list({ prefix: PREFIX, limit, ...(cursor === undefined ? {} : { cursor }) }),
  );
  const images = await readStoredImages(
    kv,
    page.keys.map(({ name }) => name.slice(PREFIX.length)),
  );
  return { images: [...images.values()], next: page.list_complete ? undefined : page.cursor };
}

async function attempt<T>(what: 'read' | 'written', work: () => Promise<T>): Promise<T> {
  try {
    return await within(TIMEOUT, work());
  } catch (cause) {
    throw new ImageStorageError(`What is stored of images cannot be ${what} now. Try again.`, { cause });
  }
}

function imagesOf(texts: readonly (string | null)[]): ReadonlyMap<string, StoredImage> {
  try {
    const images = texts.flatMap((text) =>
      text === null ? [] : [StoredSchema.parse(JSON.parse(text)).image],
    );
    return new Map(images.map((image) => [image.digest, image]));
  } catch (cause) {
    throw new ImageStorageError('An image is stored in a form that this release cannot read.', { cause });
  }
}
