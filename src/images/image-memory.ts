import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import { readStoredImages } from './image-storage.ts';
import type { StoredImage } from './stored-image.ts';

interface Remembered {
  /** Undefined when nothing was stored. */
  readonly image: StoredImage | undefined;
  /** In milliseconds since the epoch. */
  readonly readAt: number;
}

/** The stored images, and the digests of which nothing is stored, that an isolate has read lately. */
export class ImageMemory {
  readonly #images = new Recent<string, Remembered>(MEMORY_BOUNDS.images.weight, ({ image }) =>
    image === undefined ? 200 : 200 + 2 * JSON.stringify(image).length,
  );

  /**
   * Reads the stored images of some digests, or returns what was read within the last seconds.
   *
   * @param seconds For how long what was read is taken to be so.
   * @throws ImageStorageError
   */
  async read(
    kv: KVNamespace,
    digests: readonly string[],
    seconds: number,
  ): Promise<ReadonlyMap<string, StoredImage>> {
    const found = new Map<string, StoredImage>();
    const now = Date.now();
    const unread = [...new Set(digests)].filter((digest) => {
      const held = this.#images.get(digest);
      if (held === undefined || now - held.readAt >= seconds * 1_000) return true;
      if (held.image !== undefined) found.set(digest, held.image);
      return false;
    });
    const stored = unread.length === 0 ? new Map<string, StoredImage>() : await readStoredImages(kv, unread);
    for (const digest of unread) {
      const image = stored.get(digest);
      if (image !== undefined) found.set(digest, image);
      if (seconds > 0) this.#images.set(digest, { image, readAt: now });
    }
    return found;
  }

  /** Makes the next request read a digest again. */
  forget(digest: string): void {
    this.#images.delete(digest);
  }
}
