import type { Additions } from '../../model/additions.ts';
import type { Path } from '../../model/pointer.ts';

/**
 * Stands for the namespace of objects that are in none, since every principal has one. It says what they are, and no
 * caller who may only ask for namespaces of its own may ask for them.
 */
export const CLUSTER = 'cluster-scoped';

/**
 * A kind of object that makes pods, as data. One reader (`read-kind.ts`) reads the objects of all such kinds.
 */
export interface KindRow {
  /** The API group, such as `argoproj.io`; empty for the core group. */
  readonly group: string;
  /** The versions of the group whose objects have the form that the row describes. */
  readonly versions: readonly string[];
  readonly kind: string;
  /** Whether its objects are in no namespace. They are judged as those of the namespace {@link CLUSTER}. */
  readonly scope?: 'cluster';
  /** Where the pods are described. An object may have any number of each; a kind without any makes no pods itself. */
  readonly pods: readonly PodsRow[];
  /** What looks like containers or a pod in such an object, and rightly is not read as one. */
  readonly excused: readonly Excuse[];
}

/** Pods that an object of a kind describes. */
export interface PodsRow {
  /**
   * Where they are described, from the root of the object: keys separated by dots, `[]` for each item of a list, and
   * `{}` for each member of a mapping, such as `spec.replicatedJobs[].template.spec.template`.
   */
  readonly at: string;
  /** What stands there: a pod template (core/v1 PodTemplateSpec), the spec of a pod, or parts that a pod is made of. */
  readonly shape: 'template' | 'podSpec' | Pieces;
  /**
   * What the name of the workload adds to that of the object, such as `-head` or `-{item.name}`; see `placeholders.ts`.
   * Left out, the workload has the name of the object. Either all pods of a kind have one, or none.
   */
  readonly suffix?: string;
  /** What stands for a placeholder whose field is absent, such as `{'item.name': 'default{index}'}`. */
  readonly absent?: Readonly<Record<string, string>>;
  readonly selector: SelectorRow;
  /** Labels that the controller puts on the pods besides those of the template, with placeholders in the values. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Fields that the kind adds to those of a pod's spec, such as `containerConcurrency`. */
  readonly fields?: readonly string[];
  /** The names that the kind gives to containers without one, with a number where there are several. */
  readonly containerNames?: { readonly containers: string; readonly initContainers?: string };
  /** What the controller adds to the pods after the object has been judged. */
  readonly adds?: Additions | AdditionsOf;
}

/**
 * What a controller adds where that depends on the object.
 *
 * @param key The key or the index of what the path of the pods leads through last.
 */
export type AdditionsOf = (object: unknown, key: string | number | undefined) => Additions | undefined;

/**
 * What selects the pods.
 *
 * - `{ beside }`: a label selector in the field of this name of the mapping that holds the template.
 * - `{ labelsBeside }`: labels in such a field; where there are none, those of the template.
 * - `labels`: the labels of the row, which the controller sets; where one of them is not known, such as the name of
 *   an object with generateName, the same as `template`.
 * - `template`: the labels of the template, and of those of the row the ones that are known. A template without labels
 *   has no selector, because the labels of the row alone would select the pods of other objects.
 */
export type SelectorRow =
  | { readonly beside: string }
  | { readonly labelsBeside: string }
  | 'labels'
  | 'template';

/** Makes pod templates of parts that stand in an object. */
export interface Pieces {
  /**
   * @param object The object.
   * @param at The path of the match, from the root of the object.
   * @returns The pods that are described there, of which there may be none, or several with suffixes of their own.
   */
  readonly assemble: (object: unknown, at: Path) => readonly Assembled[];
}

/** A pod template that was put together, and where its parts were written. */
export interface Assembled {
  /** The template: `metadata` and `spec` as in core/v1 PodTemplateSpec, not yet checked. */
  readonly template: unknown;
  /** Where the value at a path of the template stands, from the root of the object. */
  readonly originOf: (path: Path) => Path;
  /** The paths from the root of the object that the template was made of: nothing in them is unread. */
  readonly read: readonly Path[];
  /**
   * The paths of lists, containers and annotations that are read as what they are, though there may be more below them.
   * Containers that the template has at these places need not be named.
   */
  readonly known?: readonly Path[];
  /** Where the labels and annotations of the pods can be written; undefined when there is no such place. */
  readonly metadata: Path | undefined;
  /** Where the pods are described, if not at the match itself. */
  readonly at?: Path;
  /** What the name of the workload adds to that of the object, in place of the suffix of the row. */
  readonly suffix?: string | undefined;
  /** Values of which nobody can tell what they do to the pods: each asks for the workload to pass unjudged. */
  readonly unjudged?: readonly Path[];
  /** Why no policies are made for the pods, though they are judged. */
  readonly unenforced?: Unenforced | undefined;
  /** What is wrong with the description. */
  readonly problems?: readonly Problem[];
}

/** Why pods that are judged have no policies. */
export interface Unenforced {
  /** The place of which this is said, from the root of the object. */
  readonly path: Path;
  /** The reason, as a sentence without its full stop. */
  readonly why: string;
}

/** Something that is wrong with an object, and where. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
}

/** A place that is not read, and why that is right. */
export interface Excuse {
  /** The place, written as the path of pods is. Everything below it is excused. */
  readonly at: string;
  readonly reason: string;
}

/** What Cedar policies call a kind of the table in `principal.kind`. */
export function principalKind({ kind, group }: Pick<KindRow, 'kind' | 'group'>): string {
  return (group === '' ? kind : `${kind}.${group}`).toLowerCase();
}
