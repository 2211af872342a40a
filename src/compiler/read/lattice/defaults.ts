import type { Path } from '../../model/pointer.ts';
import { entries, isMapping, member } from '../mapping.ts';
import { type LatticeKind, UNITS } from './kinds.ts';
import type { Origins } from './origins.ts';

/** A value, and where it stands. */
interface Placed {
  readonly value: unknown;
  readonly path: Path;
}

/** How a value of its own, which is neither left out nor null, is merged with the default for it. */
type Rule = (own: Placed, defaults: Placed, origins: Origins) => unknown;

/**
 * Fills `spec.defaults` into each task of a job or each role of a model, as Lattice's operator does: containers are merged
 * by their names and field by field, sidecars are added where there is none of the name, and nothing that is set is
 * replaced. A list of capabilities or binaries counts as set when it has an item. A service has no defaults.
 *
 * @param document A document in one spelling.
 * @param origins Learns where each value that is filled in stands in that document.
 */
export function withDefaults(document: unknown, kind: LatticeKind, origins: Origins): unknown {
  const spec = member(document, 'spec');
  const defaults = { value: member(spec, 'defaults'), path: ['spec', 'defaults'] };
  const units = UNITS[kind];
  const own = units === undefined ? undefined : member(spec, units);
  if (!isMapping(document) || !isMapping(spec) || !isMapping(defaults.value) || !isMapping(own) || !units)
    return document;
  const merged = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [
      name,
      fill(UNIT, { value, path: ['spec', units, name] }, defaults, origins),
    ]),
  );
  return { ...document, spec: { ...spec, [units]: merged } };
}

/** What stands for a value: the default where the value is left out, else what the rule makes of both. */
function fill(rule: Rule, own: Placed, defaults: Placed, origins: Origins): unknown {
  if (defaults.value == null) return own.value;
  if (own.value == null) {
    origins.move(own.path, defaults.path);
    return defaults.value;
  }
  return rule(own, defaults, origins);
}

/** The value alone: Lattice takes a command, a probe or a switch as a whole. */
const WHOLE: Rule = (own) => own.value;

/** The value alone, unless it is empty. */
const UNLESS_EMPTY: Rule = (own, defaults, origins) => {
  const isEmpty = own.value === '' || (Array.isArray(own.value) && own.value.length === 0);
  if (!isEmpty) return own.value;
  origins.move(own.path, defaults.path);
  return defaults.value;
};

/** Members merged one by one. One without a rule is taken as a whole. */
function members(rules: Readonly<Record<string, Rule>>): Rule {
  return (own, defaults, origins) => {
    if (!isMapping(own.value) || !isMapping(defaults.value)) return own.value;
    const filled = new Map(Object.entries(own.value));
    for (const [key, value] of Object.entries(defaults.value)) {
      const rule = Object.hasOwn(rules, key) ? (rules[key] ?? WHOLE) : WHOLE;
      const found = { value: filled.get(key), path: [...own.path, key] };
      filled.set(key, fill(rule, found, { value, path: [...defaults.path, key] }, origins));
    }
    return Object.fromEntries(filled);
  };
}

const MEMBERS = members({});

const SECURITY = members({
  allowedBinaries: UNLESS_EMPTY,
  capabilities: members({ add: UNLESS_EMPTY }),
  seccompProfile: MEMBERS,
  appArmorProfile: MEMBERS,
});

const CONTAINER = members({
  image: UNLESS_EMPTY,
  securityContext: SECURITY,
  variables: MEMBERS,
  files: MEMBERS,
  volumes: MEMBERS,
});

const WORKLOAD = members({ containers: byName(CONTAINER), initContainers: byName(CONTAINER) });
const RUNTIME = members({ sidecars: byName(WHOLE), sysctls: MEMBERS });

const UNIT = members({
  workload: WORKLOAD,
  entryWorkload: WORKLOAD,
  workerWorkload: WORKLOAD,
  runtime: RUNTIME,
  entryRuntime: RUNTIME,
  workerRuntime: RUNTIME,
  sidecars: byName(WHOLE),
  sysctls: MEMBERS,
});

/** Containers matched by their names, whether either group is a list or a mapping. */
function byName(rule: Rule): Rule {
  return (own, defaults, origins) => {
    if (!Array.isArray(own.value) && !isMapping(own.value)) return own.value;
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
      filled.set(at ?? key, fill(rule, found, { value: whole, path: [...defaults.path, step] }, origins));
    }
    return isList ? [...filled.values()] : Object.fromEntries(filled);
  };
}

function nameOf(step: string | number, value: unknown): unknown {
  return typeof step === 'number' ? (member(value, 'name') ?? step) : step;
}
