import type { Fault } from '../../model/faults.ts';
import type { KnownImage } from '../../model/image.ts';
import { isImageDigest, parseImageReference } from '../../model/image-reference.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Notice } from '../../model/notices.ts';
import type { Path } from '../../model/pointer.ts';
import type { Source } from '../../model/workload.ts';
import type { SourceObject } from '../lists.ts';
import { entries, isMapping } from '../mapping.ts';
import { readImageFacts } from './image-config.ts';
import { configOf, formOf } from './image-forms.ts';
import { factsText } from './image-index.ts';

/** A value that tells of images, and where it stands. */
export interface ImageSource extends SourceObject {
  /**
   * The reference or the digest of the image, for a config that stands alone and so does not say of which image it is.
   * Other forms have names of their own, and leave it unread.
   */
  readonly name?: string | undefined;
}

/** The images of a request with notices, or all faults. Documents and paths are those of the {@link ImageSource}s. */
export type ReadImages =
  | { readonly ok: true; readonly images: readonly KnownImage[]; readonly notices: readonly Notice[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Reads the configs of images, as `crane config`, `skopeo inspect --config` and `docker image inspect` print them. Each
 * value is one of these, in which lists may be nested:
 *
 * - a mapping from a reference (`nginx:1.27`) or a digest (`sha256:…`, `nginx@sha256:…`) to a config;
 * - a list of what `docker image inspect` prints, which has the names of each image in it;
 * - one config alone, for the image that `name` names.
 *
 * What starts is all that is kept of a config, with PATH alone of its variables. The images of a request must not
 * contradict each other. A Windows image has a notice in place of facts.
 *
 * @example
 * const config = { architecture: 'amd64', os: 'linux', config: { Entrypoint: ['/web'], Env: ['TOKEN=x'] } };
 * const read = readImages([{ value: { 'web:1': config }, source: { document: 0, path: [] } }]);
 * read.ok && read.images[0]?.references; // => ['web:1']
 * read.ok && read.images[0]?.facts; // => { entrypoint: ['/web'], cmd: [], workingDir: '/', path: undefined, user: '' }
 */
export function readImages(sources: readonly ImageSource[]): ReadImages {
  const reading = new Reading();
  for (const { value, source, name } of sources) reading.read(value, source, name);
  return reading.result();
}

/** An image that was read, and where it stands. */
interface PlacedImage {
  readonly image: KnownImage;
  readonly source: Source;
}

/** The names of an image, sorted by kind. */
type Names = Pick<KnownImage, 'digests' | 'references'>;

/** The images, notices and faults while they are gathered. */
class Reading {
  private readonly images: PlacedImage[] = [];
  private readonly notices: Notice[] = [];
  private readonly faults: Fault[] = [];
  private count = 0;

  read(value: unknown, source: Source, name: string | undefined): void {
    switch (formOf(value, name !== undefined)) {
      case 'list':
        for (const [index, item] of entries(value)) this.read(item, below(source, index), undefined);
        return;
      case 'inspected':
        this.add(value, source, inspectedNames(value, source.path));
        return;
      case 'config':
        this.readAlone(value, source, name);
        return;
      case 'mapping':
        for (const [key, config] of entries(value)) {
          const place = below(source, key);
          this.add(config, place, [{ name: String(key), path: place.path }]);
        }
        return;
      default:
        this.fault(source, EXPECTED);
    }
  }

  result(): ReadImages {
    if (this.count > LIMITS.images) {
      const message = `At most ${LIMITS.images} images are taken at once; there are ${this.count}.`;
      return { ok: false, faults: [{ document: 0, path: [], message }] };
    }
    this.refuseContradictions();
    if (this.faults.length > 0) return { ok: false, faults: this.faults };
    return { ok: true, images: this.images.map(({ image }) => image), notices: this.notices };
  }

  private readAlone(value: unknown, source: Source, name: string | undefined): void {
    if (name !== undefined) {
      this.add(value, source, [{ name, path: source.path }]);
      return;
    }
    this.fault(
      source,
      'This is the config of one image, but not of which. Write it under its reference: {"nginx:1.27": …}.',
    );
  }

  private add(value: unknown, source: Source, names: readonly PlacedName[]): void {
    this.count += 1;
    // What is too much is not read any more, only counted.
    if (this.count > LIMITS.images) return;
    const found = configOf(value);
    if (found === undefined) {
      this.fault(source, EXPECTED);
      return;
    }
    if (found.windows) {
      this.notices.push({
        code: 'WindowsImage',
        service: '',
        message:
          'This is an image for Windows, where there is no Tetragon: nothing of it is used. Where its reference has an image for Linux too, give the config of that.',
        ...source,
      });
      return;
    }
    const facts = readImageFacts(found.config, [...source.path, ...found.at], (path, message) =>
      this.fault({ document: source.document, path }, message),
    );
    this.images.push({ image: { ...this.namesOf(names, source.document), facts }, source });
  }

  /** Sorts names into digests and references. A reference that has a digest means that, whatever its tag says. */
  private namesOf(names: readonly PlacedName[], document: number): Names {
    const digests = new Set<string>();
    const references = new Set<string>();
    if (names.length > LIMITS.imageNames) {
      const message = `At most ${LIMITS.imageNames} names of one image are taken; there are ${names.length}.`;
      this.faults.push({ document, path: names[0]?.path ?? [], message });
      return { digests: [], references: [] };
    }
    for (const { name, path } of names) {
      const parsed = isImageDigest(name) ? { digest: name } : parseImageReference(name);
      if (parsed === undefined) {
        const message = `${JSON.stringify(name.slice(0, 100))} is neither the reference of an image, such as nginx:1.27, nor a digest, such as sha256: and 64 hexadecimal digits.`;
        this.faults.push({ document, path, message });
      } else if (parsed.digest !== undefined) digests.add(parsed.digest);
      else references.add(name);
    }
    return { digests: [...digests], references: [...references] };
  }

  private refuseContradictions(): void {
    const seen = new Map<string, string>();
    for (const { image, source } of this.images) {
      const text = factsText(image.facts);
      const names = [
        ...image.digests,
        ...image.references.map((each) => parseImageReference(each)?.reference ?? each),
      ];
      for (const name of names) {
        const before = seen.get(name);
        if (before !== undefined && before !== text)
          this.fault(source, `The config of ${name} contradicts another one in the same request.`);
        seen.set(name, text);
      }
    }
  }

  private fault({ document, path }: Source, message: string): void {
    this.faults.push({ document, path, message });
  }
}

const EXPECTED =
  'Expected the config of an image, as `crane config`, `skopeo inspect --config` or `docker image inspect` prints it.';

/** A name of an image, and where it stands. */
interface PlacedName {
  readonly name: string;
  readonly path: Path;
}

/** The names in what `docker image inspect` prints. An image without a tag has `<none>:<none>` in old versions. */
function inspectedNames(value: unknown, at: Path): PlacedName[] {
  const inspected = isMapping(value) ? value : {};
  return ['RepoTags', 'RepoDigests'].flatMap((key) =>
    entries(inspected[key]).flatMap(([index, name]): PlacedName[] =>
      typeof name === 'string' && !name.includes('<none>') ? [{ name, path: [...at, key, index] }] : [],
    ),
  );
}

function below({ document, path }: Source, step: string | number): Source {
  return { document, path: [...path, step] };
}
