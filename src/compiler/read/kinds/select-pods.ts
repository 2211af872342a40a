import { NativeSelectorSchema } from '../../model/label-selector.ts';
import { LabelsSchema } from '../../model/names.ts';
import { parseValue } from '../../model/parse.ts';
import type { Path } from '../../model/pointer.ts';
import { asStrings } from '../api-server.ts';
import type { Pods } from '../kubernetes/pods.ts';
import { isMapping, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import type { PodsRow } from './kind-row.ts';
import { filled, type Placed } from './placeholders.ts';

/** The place where pods are described, and the mapping that holds it. */
interface Described {
  readonly path: Path;
  readonly holder: unknown;
  /** The labels of their template. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What selects the pods of a row, besides their own labels; undefined when nothing does, or the report has a fault
 * of it.
 */
export function selectorOf(
  report: Report,
  row: PodsRow,
  { path, holder, labels: own }: Described,
  placed: Placed,
): Pods['selector'] {
  const { selector } = row;
  if (selector === 'template') return undefined;
  if (selector === 'labels') {
    const known = controllerLabels(row, placed);
    const isWhole = Object.keys(known).length === Object.keys(row.labels ?? {}).length;
    return isWhole ? { value: { matchLabels: known }, at: [] } : undefined;
  }
  const field = 'beside' in selector ? selector.beside : selector.labelsBeside;
  const at = [...path.slice(0, -1), field];
  const value = member(holder, field);
  if ('labelsBeside' in selector) {
    const parsed = parseValue(LabelsSchema, asStrings(value ?? {}));
    if (!parsed.ok) return faulty(report, at, parsed.issues);
    return { value: { matchLabels: Object.keys(parsed.data).length === 0 ? own : parsed.data }, at };
  }
  const parsed = parseValue(NativeSelectorSchema, selectorAsRead(value));
  return parsed.ok ? { value: parsed.data, at } : faulty(report, at, parsed.issues);
}

/** A label selector as it is decoded: a null among its labels is an empty text. */
function selectorAsRead(value: unknown): unknown {
  return isMapping(value) ? { ...value, matchLabels: asStrings(value.matchLabels) } : value;
}

/** The labels that the controller of a row puts on pods, as far as they are known. */
export function controllerLabels({ labels = {} }: PodsRow, placed: Placed): Record<string, string> {
  const known = Object.entries(labels).flatMap(([key, text]) => {
    const value = filled(text, placed);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(known);
}

function faulty(
  report: Report,
  at: Path,
  issues: readonly { readonly path: Path; readonly message: string }[],
): undefined {
  for (const { path, message } of issues) report.fault([...at, ...path], message);
  return undefined;
}
