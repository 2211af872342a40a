import { type Path, toPointer } from '../model/pointer.ts';
import { entries, isMapping, member } from './fields.ts';

/** A document with its `spec.defaults` written out, and where each part of it was written. */
export interface WithDefaults {
  readonly value: unknown;
  /** The place in the document that was given, of a place in `value`. */
  originOf(path: Path): Path;
}

/** The groups in which Lattice merges containers by their names. */
const GROUPS = ['containers', 'initContainers', 'sidecars'];
/** The two names of a container's security context. */
const SECURITY = ['security', 'securityContext'];

/**
 * Fills `spec.defaults` into each of the tasks of a job or the roles of a model, as Lattice's operator does:
 * mappings deeply, containers by their names, lists only where they are empty, and nothing over what is there.
 */
export function withDefaults(document: unknown, units: 'tasks' | 'roles'): WithDefaults {
  const spec = member(document, 'spec');
  const defaults = member(spec, 'defaults');
  const own = member(spec, units);
  const origins = new Map<string, Path>();
  const originOf = (path: Path): Path => {
    for (let length = path.length; length > 0 && origins.size > 0; length -= 1) {
      const origin = origins.get(toPointer(path.slice(0, length)));
      if (origin !== undefined) return [...origin, ...path.slice(length)];
    }
    return path;
  };
  if (!isMapping(document) || !isMapping(spec) || !isMapping(defaults) || !isMapping(own))
    return { value: document, originOf };
  const merged = Object.fromEntries(
    Object.entries(own).map(([name, unit]) => [
      name,
      fill(
        { value: unit, path: ['spec', units, name] },
        { value: defaults, path: ['spec', 'defaults'] },
        origins,
      ),
    ]),
  );
  return { value: { ...document, spec: { ...spec, [units]: merged } }, originOf };
}

/** A value, and where it stands. */
interface Placed {
  readonly value: unknown;
  readonly path: Path;
}

type Origins = Map<string, Path>;

/** What a value is with the defaults for it. */
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

/** The name under which a mapping has what the defaults call by this one. */
function sameKey(key: string, own: Readonly<Record<string, unknown>>): string {
  return (SECURITY.includes(key) && SECURITY.find((name) => own[name] != null)) || key;
}

/** Containers by their names, whether they stand in a list or a mapping. */
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
