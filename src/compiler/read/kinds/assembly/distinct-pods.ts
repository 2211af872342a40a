import type { Path } from '../../../model/pointer.ts';
import { isMapping, member } from '../../mapping.ts';
import type { Unenforced } from '../kind-row.ts';

/** A pod template among others of the same object. */
export interface Labelled {
  readonly at: Path;
  /** The labels that it has besides those that all of them have. */
  readonly own: unknown;
}

/**
 * Why policies cannot be made for pods of an object whose pods have the name of the object as a label in common: what
 * selects the pods of one template would select those of another too, and kill in them what only the first one asked to
 * have killed. Undefined for templates whose own labels tell their pods apart.
 *
 * @param hasOthers Whether the object also has pods that no template of its own describes.
 *
 * @example
 * const build = { at: ['build'], own: { step: 'build' } };
 * const test = { at: ['test'], own: {} };
 * distinctness([build, test], false).map((each) => each === undefined); // => [true, false]
 */
export function distinctness(
  pods: readonly Labelled[],
  hasOthers: boolean,
): readonly (Unenforced | undefined)[] {
  return pods.map((pod) => {
    const shared = pods.some((other) => other !== pod && covers(other.own, pod.own));
    if (!shared && !(hasOthers && isEmpty(pod.own))) return undefined;
    return {
      path: pod.at,
      why: 'Its pods have no labels that tell them from those of its other templates; give it metadata.labels of its own',
    };
  });
}

function isEmpty(labels: unknown): boolean {
  return !isMapping(labels) || Object.keys(labels).length === 0;
}

/** Whether some labels hold all of some others. */
function covers(labels: unknown, others: unknown): boolean {
  return !isMapping(others) || Object.keys(others).every((key) => member(labels, key) === others[key]);
}
