import type { Path } from '../../model/pointer.ts';
import { isMapping, member } from '../mapping.ts';

/**
 * What a value is that tells of images. `list`: a list of such values. `inspected`: an item of what `docker image
 * inspect` prints. `config`: the config of one image. `mapping`: configs by the names of their images.
 */
export type ImageForm = 'list' | 'inspected' | 'config' | 'mapping';

/**
 * Which form a value has; undefined when it tells of no image.
 *
 * @param isNamed Whether it was said for which image the value is, if it is one config.
 */
export function formOf(value: unknown, isNamed: boolean): ImageForm | undefined {
  if (Array.isArray(value)) return 'list';
  if (!isMapping(value)) return undefined;
  if (isInspected(value)) return 'inspected';
  return isConfig(value) || (isNamed && Object.hasOwn(value, 'config')) ? 'config' : 'mapping';
}

/** The part of a config that a Dockerfile sets. */
interface FoundConfig {
  readonly config: unknown;
  /** Where it stands in the value. */
  readonly at: Path;
  /** Whether the image is for Windows. */
  readonly windows: boolean;
}

/** The part of the config of one image that says how it starts; undefined when the value is no config. */
export function configOf(value: unknown): FoundConfig | undefined {
  if (!isMapping(value) || isManifest(value)) return undefined;
  if (isInspected(value)) {
    // Without `--config`, `skopeo inspect` prints tags, but nothing of how the image starts.
    if (!Object.hasOwn(value, 'Config')) return undefined;
    return { config: value.Config, at: ['Config'], windows: isWindows(value.Os) };
  }
  if (isConfig(value) || Object.hasOwn(value, 'config')) {
    return { config: member(value, 'config'), at: ['config'], windows: isWindows(member(value, 'os')) };
  }
  return undefined;
}

/** Docker's fields begin with a capital letter, those of an OCI image config do not. */
function isInspected(value: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(value, 'Config') || Object.hasOwn(value, 'RepoTags');
}

/** An OCI image config must have these fields. In a mapping by names they would be names of mappings. */
function isConfig(value: Readonly<Record<string, unknown>>): boolean {
  return typeof member(value, 'architecture') === 'string' || typeof member(value, 'os') === 'string';
}

/**
 * Whether a value is the manifest of an image or an index of manifests, as `crane manifest` prints them. The `config` of a
 * manifest only refers to the config: read as one, it would say that the image starts nothing.
 */
function isManifest(value: Readonly<Record<string, unknown>>): boolean {
  return (
    Object.hasOwn(value, 'schemaVersion') ||
    Object.hasOwn(value, 'layers') ||
    typeof member(member(value, 'config'), 'digest') === 'string'
  );
}

function isWindows(os: unknown): boolean {
  return typeof os === 'string' && os.toLowerCase() === 'windows';
}
