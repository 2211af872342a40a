import { LIMITS } from './limits.ts';

/** What the reference of an image means to a container runtime. */
export interface ImageReference {
  /** The whole reference without its digest, such as `docker.io/library/nginx:latest`. */
  readonly reference: string;
  /** The digest, such as `sha256:…`. The runtime then pulls that, whatever the tag says. */
  readonly digest: string | undefined;
}

const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$|^\[[0-9a-fA-F:]+\](:[0-9]{1,5})?$/;
const STEP = /^[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
/** What looks like the id of an image is not taken for a name. */
const ID = /^[0-9a-f]{64}$/;

/** The registry that runtimes read from a reference that names none. */
const DEFAULT_HOST = 'docker.io';

/**
 * Whether a text is the digest of a manifest.
 *
 * @example
 * isImageDigest('sha256:12'); // => false
 */
export function isImageDigest(text: string): boolean {
  return DIGEST.test(text);
}

/**
 * Reads the reference of an image as the kubelet and containerd do: without a registry it is one of Docker Hub, there
 * without a folder in `library`, and without a tag or digest it has the tag `latest`. Undefined when the text is no
 * reference.
 *
 * @example
 * parseImageReference('nginx')?.reference; // => 'docker.io/library/nginx:latest'
 * parseImageReference('quay.io/a/b:1')?.reference; // => 'quay.io/a/b:1'
 * parseImageReference('Nginx'); // => undefined
 */
export function parseImageReference(text: string): ImageReference | undefined {
  if (text.length > LIMITS.imageLength) return undefined;
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isImageDigest(digest)) return undefined;
  const tagged = at < 0 ? text : text.slice(0, at);
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
  const name = colon < 0 ? tagged : tagged.slice(0, colon);
  const tag = colon < 0 ? 'latest' : tagged.slice(colon + 1);
  if (!TAG.test(tag) || ID.test(name)) return undefined;
  const whole = wholeName(name);
  return whole === undefined ? undefined : { reference: `${whole}:${tag}`, digest };
}

/** The name of a repository with its registry; undefined when it is not a name. */
function wholeName(name: string): string | undefined {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  // The first step is a registry only if it could be nothing else.
  const hasHost = /[.:A-Z]/.test(first) || first === 'localhost';
  const host = !hasHost || first === 'index.docker.io' ? DEFAULT_HOST : first;
  const path = hasHost ? name.slice(slash + 1) : name;
  if (!HOST.test(host) || !path.split('/').every((step) => STEP.test(step))) return undefined;
  return host === DEFAULT_HOST && !path.includes('/') ? `${host}/library/${path}` : `${host}/${path}`;
}
