/**
 * What the config of an image says of how its containers start. Nothing else
 * of a config is kept: its other variables may hold secrets.
 */
export interface ImageFacts {
  /** ENTRYPOINT; empty when the image has none. */
  readonly entrypoint: readonly string[];
  /** CMD; empty when the image has none. */
  readonly cmd: readonly string[];
  /** WORKDIR; `/` when the image has none. */
  readonly workingDir: string;
  /** The variable PATH of the image, and no other; undefined when the image sets none. */
  readonly path: string | undefined;
  /** USER as the image writes it, such as `1000:1000` or `nginx`; empty when the image has none. */
  readonly user: string;
}

/** The config of an image, with the names by which workloads mean it. */
export interface KnownImage {
  /** The digests of its manifests, such as `sha256:…`. */
  readonly digests: readonly string[];
  /** References to it without a digest, such as `nginx:1.27`. */
  readonly references: readonly string[];
  readonly facts: ImageFacts;
}

/** The facts of the image of a container, and the name by which they were found. */
export interface MatchedImage {
  /** A reference may mean another image tomorrow; a digest never does. */
  readonly matchedBy: 'digest' | 'reference';
  /** The digest, or the whole reference such as `docker.io/library/nginx:1.27`. */
  readonly name: string;
  readonly facts: ImageFacts;
}
