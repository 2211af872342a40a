import type { ImageFacts, KnownImage, MatchedImage } from '../../model/image.ts';
import { isImageDigest, parseImageReference } from '../../model/image-reference.ts';

/** Finds what is known of the image of a container. */
export interface ImageIndex {
  /**
   * The facts of an image, by its digest if the container names one, and else by its reference. A container that names
   * a digest never gets the facts of its tag, which may belong to another image.
   *
   * @param image The image as the container writes it.
   */
  match(image: string | undefined): MatchedImage | undefined;
}

/** Facts, and one text for all that are the same. */
interface KnownFacts {
  readonly facts: ImageFacts;
  readonly text: string;
}

/** The facts of images by one kind of name. `undefined` stands for a name whose facts contradict each other. */
type FactsByName = Map<string, KnownFacts | undefined>;

/**
 * Makes an index of some images.
 *
 * @example
 * const facts = { entrypoint: ['/web'], cmd: [], workingDir: '/', path: undefined, user: '' };
 * const index = imageIndex([{ digests: [], references: ['web:1'], facts }]);
 * index.match('docker.io/library/web:1')?.matchedBy; // => 'reference'
 * index.match('web:2'); // => undefined
 */
export function imageIndex(images: readonly KnownImage[]): ImageIndex {
  const byDigest: FactsByName = new Map();
  const byReference: FactsByName = new Map();
  for (const { digests, references, facts } of images) {
    const known = { facts, text: factsText(facts) };
    for (const digest of digests) if (isImageDigest(digest)) add(byDigest, digest, known);
    for (const text of references) {
      const parsed = parseImageReference(text);
      if (parsed !== undefined && parsed.digest === undefined) add(byReference, parsed.reference, known);
    }
  }
  return {
    match: (image) => {
      const parsed = image === undefined ? undefined : parseImageReference(image);
      if (parsed === undefined) return undefined;
      const { reference, digest } = parsed;
      const known = digest === undefined ? byReference.get(reference) : byDigest.get(digest);
      if (known === undefined) return undefined;
      const { facts } = known;
      return { matchedBy: digest === undefined ? 'reference' : 'digest', name: digest ?? reference, facts };
    },
  };
}

/** An index of nothing: no image is known. */
export const NO_IMAGES: ImageIndex = { match: () => undefined };

/** Facts that contradict each other are no facts. The reader of a request refuses them; here they only must not count. */
function add(index: FactsByName, name: string, known: KnownFacts): void {
  const held = index.get(name);
  index.set(name, index.has(name) && held?.text !== known.text ? undefined : known);
}

/** A text that two images have in common exactly when they start alike. */
export function factsText({ entrypoint, cmd, workingDir, path, user }: ImageFacts): string {
  return JSON.stringify([entrypoint, cmd, workingDir, path ?? null, user]);
}

/** Whether two images start alike. */
export function isSame(a: ImageFacts, b: ImageFacts): boolean {
  return factsText(a) === factsText(b);
}
