import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { WORKLOAD_KINDS, type Workload } from '../model/workload.ts';

/** What a policy is for: everything that tells it from all others. */
export type PolicyIdentity = OwnPolicy | SharedPolicy;

/** A policy of one workload, or of one container of it. */
interface OwnPolicy {
  /** Which policy, e.g. `allow-binaries`. */
  readonly policy: string;
  readonly workload: Pick<Workload, 'dialect' | 'kind' | 'namespace' | 'name'>;
  readonly container: string | undefined;
}

/** A policy of the cluster that the pods of many workloads share. */
interface SharedPolicy {
  readonly policy: string;
  /** What changes its content, in words of lower-case letters, digits and single hyphens. */
  readonly variant: readonly string[];
  readonly container: string | undefined;
}

/**
 * The agent pins a policy's programs in a directory `<namespace>:<name>`. A name in a filesystem has at
 * most 255 bytes; the agent's own additions need a few.
 */
const PIN_BYTES = 251;

/** Hexadecimal digits of the hash: 128 bits, so that nobody finds two policies of one name. */
const HASH_DIGITS = 32;
const LIKE_A_HASH = new RegExp(`^[0-9a-f]{${HASH_DIGITS}}$`);

const KINDS: readonly string[] = WORKLOAD_KINDS;

/**
 * The name of a policy. It holds no dot, because no policy with one loads, and no two policies share one:
 *
 * - of a Lattice workload: `<policy>-<workload>`;
 * - of a Kubernetes workload: `<policy>-<workload>--<kind>`, where `--` replaces each dot of its name;
 * - of one container: `--<container>` besides;
 * - of the cluster: `lattice-<policy>`, each word of its variant after `--`, and `--container--<container>`.
 *
 * `--` parts what the name is made of, because it is in few names. Where one of them holds it, or is a
 * word that could be read as another part, the name ends in `--` and a hash of the whole identity. So
 * does a name that would be too long.
 */
export function policyName(identity: PolicyIdentity): string {
  const { container } = identity;
  const ambiguous =
    container !== undefined &&
    (container.includes('--') || KINDS.includes(container) || LIKE_A_HASH.test(container));
  if ('variant' in identity) {
    const { policy, variant } = identity;
    const parts = [
      `lattice-${policy}`,
      ...variant,
      ...(container === undefined ? [] : ['container', container]),
    ];
    return join(parts, ambiguous, PIN_BYTES, ['cluster', policy, ...variant, '', container ?? '']);
  }
  const { policy, workload } = identity;
  const { namespace, name } = workload;
  const kind = workload.dialect === 'lattice' ? '' : workload.kind;
  const parts = [
    `${policy}-${name.replaceAll('.', '--')}`,
    ...(kind === '' ? [] : [kind]),
    ...(container === undefined ? [] : [container]),
  ];
  return join(parts, ambiguous || name.includes('--'), PIN_BYTES - namespace.length - 1, [
    'namespace',
    policy,
    namespace,
    kind,
    name,
    container ?? '',
  ]);
}

function join(
  parts: readonly string[],
  ambiguous: boolean,
  longest: number,
  identity: readonly string[],
): string {
  const plain = parts.join('--');
  if (!ambiguous && plain.length <= longest) return plain;
  const hash = bytesToHex(sha256(utf8ToBytes(JSON.stringify(identity)))).slice(0, HASH_DIGITS);
  return `${plain.slice(0, longest - hash.length - 2).replace(/-+$/, '')}--${hash}`;
}

/** The name that a policy had before names lost their dots and gained a kind. */
export function formerPolicyName(identity: PolicyIdentity): string {
  const { policy, container } = identity;
  if ('variant' in identity) {
    const variant = identity.variant.join('.');
    return [
      `lattice-${policy}`,
      ...(variant === '' ? [] : [variant]),
      ...(container === undefined ? [] : ['container', container]),
    ].join('.');
  }
  return `${policy}-${identity.workload.name}${container === undefined ? '' : `.${container}`}`;
}
