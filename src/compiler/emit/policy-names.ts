import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { WORKLOAD_KINDS, type Workload } from '../model/workload.ts';

/** Everything that distinguishes a policy from all other policies. */
export type PolicyIdentity = OwnPolicy | SharedPolicy;

/** What the names of the policies of a workload are made of. */
export type NamedWorkload = Pick<Workload, 'dialect' | 'kind' | 'namespace' | 'name' | 'suffix'>;

/** A policy of one workload, or of one container of it. */
interface OwnPolicy {
  /** The name of the generated policy, such as `allow-binaries`. */
  readonly policy: string;
  readonly workload: NamedWorkload;
  readonly container: string | undefined;
}

/** A policy of the cluster that the pods of many workloads share. */
interface SharedPolicy {
  readonly policy: string;
  /** Words that identify its content, of lower-case letters, digits and single hyphens. */
  readonly variant: readonly string[];
  readonly container: string | undefined;
}

/**
 * The most bytes of namespace, separator and name together. The agent pins the programs of a policy in a directory
 * `<namespace>:<name>`. A file name has at most 255 bytes, of which the agent needs a few for its own additions.
 */
const PIN_BYTES = 251;

/** Hexadecimal digits of the hash: 128 bits, so that finding two policies with the same hash is infeasible. */
const HASH_DIGITS = 32;
const LIKE_A_HASH = new RegExp(`^[0-9a-f]{${HASH_DIGITS}}$`);

const KINDS: readonly string[] = WORKLOAD_KINDS;

/**
 * The name of a policy. It contains no dot, because the agent cannot load a policy whose name has one. Different policies
 * have different names:
 *
 * - For a Lattice workload: `<policy>-<workload>`, where `--` replaces each dot.
 * - For a workload of a kind of Kubernetes itself: `<policy>-<workload>--<kind>`, where `--` replaces each dot.
 * - For one of another kind: `<policy>-<object>---<kind>-<group>`, and `<policy>-<object>--<suffix>---<kind>-<group>`
 *   where one object is several workloads, with hyphens for the dots of the group.
 * - For one container of any: the same with `--<container>` at the end.
 * - For the cluster: `lattice-<policy>`, then each word of the variant after `--`, then `--container--<container>`.
 *
 * The parts are separated by `--`, which few names contain, and by `---`, which stands before a kind with a group alone. When a part contains it, or could be mistaken for another
 * part, the name ends in `--` and a hash of the whole identity. So does a name that would be too long.
 *
 * @example
 * const workload = { dialect: 'kubernetes', kind: 'deployment', namespace: 'shop', name: 'web', suffix: '' };
 * policyName({ policy: 'block-setuid', workload, container: undefined }); // => 'block-setuid-web--deployment'
 * policyName({ policy: 'block-capset', variant: ['none'], container: 'web' }); // => 'lattice-block-capset--none--container--web'
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
  const { namespace, name, suffix } = workload;
  const kind = workload.dialect === 'lattice' ? '' : workload.kind;
  const [first, unclear] = kind.includes('.')
    ? [`${policy}-${ofGroup(workload)}`, isUnclear(workload)]
    : [
        [`${policy}-${name.replaceAll('.', '--')}`, ...(kind === '' ? [] : [kind])].join('--'),
        name.includes('--'),
      ];
  const parts = [first, ...(container === undefined ? [] : [container])];
  return join(parts, ambiguous || unclear, PIN_BYTES - namespace.length - 1, [
    'namespace',
    policy,
    namespace,
    kind,
    name,
    container ?? '',
    ...(suffix === '' ? [] : [suffix]),
  ]);
}

/** What the policies of a workload of a kind with a group are named after. */
function ofGroup({ name, suffix, kind }: NamedWorkload): string {
  const object = name.slice(0, name.length - suffix.length).replaceAll('.', '--');
  const whole = suffix === '' ? object : `${object}--${suffix.replace(/^-/, '').replaceAll('.', '--')}`;
  return `${whole}---${wordOf(kind)}`;
}

/** Whether another workload of a kind with a group could have the same name by {@link ofGroup}. */
function isUnclear({ name, suffix, kind }: NamedWorkload): boolean {
  return (
    name.includes('.') || name.includes('--') || suffix.startsWith('--') || kindOfWord(wordOf(kind)) !== kind
  );
}

function wordOf(kind: string): string {
  return kind.replaceAll('.', '-');
}

/**
 * The kind with its group that a word of a policy name stands for. A hyphen stands for a dot, but for that of the groups
 * of Kubernetes' special interest groups, which end in `.x-k8s.io`.
 *
 * @example
 * kindOfWord('rollout-argoproj-io'); // => 'rollout.argoproj.io'
 * kindOfWord('jobset-jobset-x-k8s-io'); // => 'jobset.jobset.x-k8s.io'
 */
export function kindOfWord(word: string): string {
  return word.replaceAll('-', '.').replace(/\.x\.k8s\.io$/, '.x-k8s.io');
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

/**
 * The name that an earlier release gave a policy: with dots, and without the kind of its workload. No earlier release
 * read kinds with a group; their policies have one name.
 */
export function formerPolicyName(identity: PolicyIdentity): string {
  const { policy, container } = identity;
  if ('workload' in identity && identity.workload.kind.includes('.')) return policyName(identity);
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
