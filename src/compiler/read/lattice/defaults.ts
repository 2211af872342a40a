import { type Path, toPointer } from '../../model/pointer.ts';
import { entries, isMapping, member } from '../mapping.ts';
import { type LatticeKind, UNITS } from './kinds.ts';

/** A document into which its `spec.defaults` are filled, and where each part of it was written. */
export interface WithDefaults {
  readonly value: unknown;
  /** Where the value at a path of `value` stands in the document as it was given. */
  originOf(path: Path): Path;
}

/** The groups in which Lattice merges containers by their names. */
const GROUPS = ['containers', 'initContainers', 'sidecars'];
/** The two keys of a container's security context. */
const SECURITY = ['security', 'securityContext'];

/** A value, and where it stands. */
interface Placed {
  readonly value: unknown;
  readonly path: Path;
}

/**
 * Fills `spec.defaults` into each task of a job or each role of a model, as Lattice's operator does: mappings
 * are merged deeply, containers by their names, a list is taken only in place of an empty one, and nothing that
 * is set is replaced. A service has no defaults.
 */
export function withDefaults(document: unknown, kind: LatticeKind): WithDefaults {
  const origins: Origins = new Map();
  const spec = member(document, 'spec');
  const defaults = { value: member(spec, 'defaults'), path: ['spec', 'defaults'] };
  const units = UNITS[kind];
  const own = units === undefined ? undefined : member(spec, units);
  if (!isMapping(document) || !isMapping(spec) || !isMapping(defaults.value) || !isMapping(own) || !units)
    return { value: document, originOf: (path) => path };
  const merged = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [
      name,
      fill({ value, path: ['spec', units, name] }, defaults, origins),
    ]),
  );
  return {
    value: { ...document, spec: { ...spec, [units]: merged } },
    originOf: (path) => originIn(origins, path),
  };
}

/** Where in the defaults each filled value was written, by its JSON pointer in the filled document. */
type Origins = Map<string, Path>;

/** The place of a value in the given document: it follows from that of its nearest ancestor that was filled in. */
function originIn(origins: Origins, path: Path): Path {
  for (let length = path.length; length > 0 && origins.size > 0; length -= 1) {
    const origin = origins.get(toPointer(path.slice(0, length)));
    if (origin !== undefined) return [...origin, ...path.slice(length)];
  }
  return path;
}

/** A value with the defaults for it filled in. */
function fill(own: Placed, defaults: Placed, origins: Origins): unknown {
  if (defaults.value == null) return own.value;
  const isEmptyList = Array.isArray(own.value) && own.value.length === 0 && Array.isArray(defaults.value);
  if (own.value == null || isEmptyList) {
    origins.set(toPointer(own.path), defaults.path);
    return defaults.value;
  }
  const group = own.path.at(-1);
  if (typeof group === 'string' && GROUPS.includes(group)) return fillContainers(own, defaults, origins);
  if (!isMapping(own.value) || !isMapping(defaults.value)) return own.value;
  const filled: Record<string, unknown> = { ...own.value };
  for (const [key, value] of Object.entries(defaults.value)) {
    const name = sameKey(key, own.value);
    filled[name] = fill(
      { value: member(own.value, name), path: [...own.path, name] },
      { value, path: [...defaults.path, key] },
      origins,
    );
  }
  return filled;
}

/** The key under which a mapping holds what the defaults hold under this key: a security context has two keys. */
function sameKey(key: string, own: Readonly<Record<string, unknown>>): string {
  return (SECURITY.includes(key) && SECURITY.find((name) => own[name] != null)) || key;
}

/** Containers with their defaults, matched by their names, whether either stands in a list or in a mapping. */
function fillContainers(own: Placed, defaults: Placed, origins: Origins): unknown {
  const named = new Map(
    entries(own.value).map(([step, value]): [unknown, Placed] => [
      nameOf(step, value),
      { value, path: [...own.path, step] },
    ]),
  );
  const isList = Array.isArray(own.value);
  const filled = new Map(entries(own.value));
  for (const [step, value] of entries(defaults.value)) {
    const name = nameOf(step, value);
    const key = isList ? filled.size : String(name);
    const found = named.get(name) ?? { value: undefined, path: [...own.path, key] };
    const whole = isList && isMapping(value) ? { name, ...value } : value;
    const at = found.path.at(-1);
    filled.set(at ?? key, fill(found, { value: whole, path: [...defaults.path, step] }, origins));
  }
  return isList ? [...filled.values()] : Object.fromEntries(filled);
}

function nameOf(step: string | number, value: unknown): unknown {
  return typeof step === 'number' ? (member(value, 'name') ?? step) : step;
}
