import { canonicalCapability } from '../../model/capabilities.ts';
import type { Path } from '../../model/pointer.ts';
import { isMapping, member } from '../mapping.ts';

/** The fields that a security context has in Lattice's CRD and not in Kubernetes. */
export const FLAT_FIELDS = [
  'dropCapabilities',
  'seccompLocalhostProfile',
  'apparmorProfile',
  'apparmorLocalhostProfile',
] as const;

/** What becomes of a security context: its value in Kubernetes' spelling, what was moved, and what is contradictory. */
export interface Respelt {
  readonly value: unknown;
  /** The steps of each value that stands elsewhere in the context as it was written, and its steps there. */
  readonly moved: readonly (readonly [Path, Path])[];
  /** Fields that say otherwise than another field about the same, and that field. */
  readonly contradictions: readonly (readonly [string, string])[];
}

/**
 * Writes a security context in Kubernetes' spelling: the CRD of Lattice has capabilities and profiles in flat fields. Both
 * spellings may be mixed. What is of no form of either stays as it is, for the schema to refuse.
 */
export function respelt(context: unknown): Respelt {
  if (!isMapping(context)) return { value: context, moved: [], contradictions: [] };
  const parts = [
    capabilitiesOf(context),
    profileOf(context, {
      field: 'seccompProfile',
      flat: 'seccompProfile',
      localhost: 'seccompLocalhostProfile',
    }),
    profileOf(context, {
      field: 'appArmorProfile',
      flat: 'apparmorProfile',
      localhost: 'apparmorLocalhostProfile',
    }),
  ];
  const gone = parts.flatMap(({ gone }) => gone);
  const rest = Object.entries(context).filter(([key]) => !gone.includes(key));
  const made = parts.flatMap(({ field, value }) => (value === undefined ? [] : [[field, value] as const]));
  return {
    value: Object.fromEntries([...rest, ...made]),
    moved: parts.flatMap(({ moved }) => moved),
    contradictions: parts.flatMap(({ contradictions }) => contradictions),
  };
}

/** One field of a security context in Kubernetes' spelling, put together from those of both spellings. */
interface Part {
  readonly field: string;
  /** Undefined where the field is to stay as it was written. */
  readonly value: unknown;
  /** The fields that it is made of. */
  readonly gone: readonly string[];
  readonly moved: readonly (readonly [Path, Path])[];
  readonly contradictions: readonly (readonly [string, string])[];
}

type Context = Readonly<Record<string, unknown>>;

function asWritten(field: string, contradictions: Part['contradictions'] = []): Part {
  return { field, value: undefined, gone: [], moved: [], contradictions };
}

function capabilitiesOf(context: Context): Part {
  const { capabilities, dropCapabilities: drop } = context;
  const field = 'capabilities';
  const isList = Array.isArray(capabilities);
  if (!isList && drop == null) return asWritten(field);
  if (!isList && capabilities != null && !isMapping(capabilities)) return asWritten(field);
  const nested = isMapping(capabilities) ? capabilities : {};
  const own = member(nested, 'drop');
  if (own != null && drop != null && !areSame(own, drop))
    return asWritten(field, [['dropCapabilities', 'capabilities.drop']]);
  const isMoved = drop != null && own == null;
  return {
    field,
    value: {
      ...nested,
      ...(isList ? { add: capabilities } : {}),
      ...(isMoved ? { drop } : {}),
    },
    gone: ['capabilities', 'dropCapabilities'],
    moved: [
      ...(isList ? [[[field, 'add'], [field]] as const] : []),
      ...(isMoved ? [[[field, 'drop'], ['dropCapabilities']] as const] : []),
    ],
    contradictions: [],
  };
}

/** Whether two lists name the same capabilities, in whatever spelling and order. */
function areSame(one: unknown, other: unknown): boolean {
  const [a, b] = [one, other].map((list) => (Array.isArray(list) ? list.map(capabilityName).sort() : [list]));
  return JSON.stringify(a) === JSON.stringify(b);
}

function capabilityName(name: unknown): unknown {
  // Runtimes do not read all names with the prefix, so `CAP_KILL` and `KILL` are not the same to drop.
  if (typeof name !== 'string' || /^cap_/i.test(name)) return name;
  return canonicalCapability(name) ?? name;
}

/** The names by which one profile is written. */
interface ProfileFields {
  readonly field: 'seccompProfile' | 'appArmorProfile';
  readonly flat: 'seccompProfile' | 'apparmorProfile';
  readonly localhost: 'seccompLocalhostProfile' | 'apparmorLocalhostProfile';
}

function profileOf(context: Context, { field, flat, localhost }: ProfileFields): Part {
  const types = [...new Set([field, flat])].filter((name) => context[name] != null);
  const [name, other] = types;
  if (name !== undefined && other !== undefined) {
    if (JSON.stringify(nestedProfile(context[name])) !== JSON.stringify(nestedProfile(context[other])))
      return asWritten(field, [[other, name]]);
  }
  const written = name === undefined ? undefined : context[name];
  const file = context[localhost];
  const nested = nestedProfile(written) ?? {};
  if (!isMapping(nested)) return asWritten(field);
  if (file != null && nested.localhostProfile != null && nested.localhostProfile !== file)
    return asWritten(field, [[localhost, `${name ?? field}.localhostProfile`]]);
  const isFile = file != null && nested.localhostProfile == null;
  if (name === undefined && !isFile) return asWritten(field);
  return {
    field,
    value: { ...nested, ...(isFile ? { localhostProfile: file } : {}) },
    gone: [field, flat, localhost],
    moved: [
      ...(name === undefined ? [[[field], [localhost]] as const] : []),
      ...(name === undefined || name === field ? [] : [[[field], [name]] as const]),
      ...(typeof written === 'string' && name !== undefined ? [[[field, 'type'], [name]] as const] : []),
      ...(isFile ? [[[field, 'localhostProfile'], [localhost]] as const] : []),
    ],
    contradictions: [],
  };
}

/** A profile in Kubernetes' spelling, in which its type is a field. */
function nestedProfile(profile: unknown): unknown {
  return typeof profile === 'string' ? { type: profile } : profile;
}
