import { LIMITS } from '../../model/limits.ts';
import { parseValue } from '../../model/parse.ts';
import type { Path } from '../../model/pointer.ts';
import type { ProfileType } from '../../model/workload.ts';
import { isMapping } from '../mapping.ts';
import { APPARMOR, isProfileAnnotation, SECCOMP_ANNOTATIONS } from '../profile-annotations.ts';
import type { Report } from '../report.ts';
import { AllowedBinarySchema } from '../security-context.ts';

/** The prefix of the annotations by which Kubernetes workloads state what Lattice has fields for. */
const PREFIX = 'runtime.lattice.dev/';
/** The annotation that lists binaries for all containers of a pod; a dot and a name behind it make one for a container. */
export const ALLOWED_BINARIES = `${PREFIX}allowed-binaries`;

interface Annotated {
  readonly annotations?: Readonly<Record<string, string>> | null | undefined;
}

/** A binary that an annotation allows, and the path of the annotation from the root of the document. */
export interface AnnotatedBinary {
  readonly binary: string;
  readonly path: Path;
}

/**
 * Reads the binaries that the annotations of a pod allow its containers. One annotation is for all containers, and
 * each container may have one of its own that adds to it. The value is a list that is separated by commas or line
 * breaks, or a JSON array.
 *
 * @param template The path of the pod template from the root of its object.
 * @returns Gives the binaries of a container by its name; undefined when there is no annotation for it.
 */
export function readAllowedBinaries(
  report: Report,
  { annotations }: Annotated,
  template: Path,
): (container: string) => AnnotatedBinary[] | undefined {
  const read = (key: string): AnnotatedBinary[] | undefined => {
    const text = annotations?.[key];
    if (text === undefined) return undefined;
    const at = [...template, 'metadata', 'annotations', key];
    const binaries = annotatedList(text);
    if (binaries === undefined) {
      report.fault(at, 'Expected paths separated by commas or line breaks, or a JSON array of them.');
      return [];
    }
    if (binaries.length > LIMITS.binaries) {
      report.fault(at, `At most ${LIMITS.binaries} binaries are taken; there are ${binaries.length}.`);
      return [];
    }
    for (const binary of new Set(binaries)) {
      const parsed = parseValue(AllowedBinarySchema, binary);
      if (!parsed.ok) for (const { message } of parsed.issues) report.fault(at, message);
    }
    const path = report.absolute(at);
    return binaries.map((binary) => ({ binary, path }));
  };
  const pod = read(ALLOWED_BINARIES);
  return (container) => {
    const own = read(`${ALLOWED_BINARIES}.${container}`);
    return pod === undefined && own === undefined ? undefined : [...(pod ?? []), ...(own ?? [])];
  };
}

/** The list that the value of an annotation is; undefined when it begins like a JSON array and is none of strings. */
export function annotatedList(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) {
    return text
      .split(/[,\n]/)
      .map((each) => each.trim())
      .filter((each) => each !== '');
  }
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return undefined;
    const strings = list.filter((each) => typeof each === 'string');
    return strings.length === list.length ? strings : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an annotation of a pod or a workload is read, or refused. Other annotations change nothing. */
export function isReadAnnotation(key: string): boolean {
  return key.startsWith(PREFIX) || isProfileAnnotation(key);
}

/** Reports the annotations of a pod that have no effect though their authors expect one. */
export function checkPodAnnotations(
  report: Report,
  { annotations }: Annotated,
  template: Path,
  containers: readonly string[],
): void {
  const at = [...template, 'metadata', 'annotations'];
  for (const key of Object.keys(annotations ?? {})) {
    if (SECCOMP_ANNOTATIONS.some((prefix) => key.startsWith(prefix))) {
      report.note(
        'IgnoredAnnotation',
        [...at, key],
        "Kubernetes has not read this annotation since version 1.27: the profile belongs in the securityContext's seccompProfile.",
      );
    }
    const apparmorOf = key.startsWith(APPARMOR) ? key.slice(APPARMOR.length) : undefined;
    const name = key.startsWith(`${ALLOWED_BINARIES}.`) ? key.slice(ALLOWED_BINARIES.length + 1) : apparmorOf;
    if (name !== undefined) {
      if (!containers.includes(name)) report.fault([...at, key], `The pod has no container ${name}.`);
    } else if (key.startsWith(PREFIX) && key !== ALLOWED_BINARIES) {
      report.fault([...at, key], `There is no such annotation. Did you mean ${ALLOWED_BINARIES}?`);
    }
  }
}

/** A profile that an annotation asks for, and the path of the annotation from the root of the document. */
export interface AnnotatedProfile {
  readonly type: ProfileType;
  readonly path: Path;
}

/**
 * The AppArmor profile that the annotation of a container asks for. The API server copies it into the field of a
 * container that has none of its own, and refuses a field that asks for another profile. So do we.
 *
 * @param own The type of the profile in the container's own field.
 */
export function readAppArmorAnnotation(
  report: Report,
  { annotations }: Annotated,
  template: Path,
  container: string,
  own: ProfileType | undefined,
): AnnotatedProfile | undefined {
  const key = `${APPARMOR}${container}`;
  const text = annotations?.[key];
  if (text === undefined || text === '') return undefined;
  const at = [...template, 'metadata', 'annotations', key];
  const type = appArmorType(text);
  if (type === undefined) {
    report.fault(at, 'Expected runtime/default, unconfined, or localhost/ and the name of a profile.');
  } else if (own !== undefined && own !== type) {
    report.fault(at, `The annotation asks for ${type} and the container's appArmorProfile for ${own}.`);
  } else if (own === undefined) {
    return { type, path: report.absolute(at) };
  }
  return undefined;
}

function appArmorType(text: string): ProfileType | undefined {
  if (text === 'runtime/default' || text === 'docker/default') return 'RuntimeDefault';
  if (text === 'unconfined') return 'Unconfined';
  return /^localhost\/./.test(text) ? 'Localhost' : undefined;
}

/** Reports annotations of a workload that belong on its pods. One that stands on both is harmless. */
export function checkOwnerAnnotations(report: Report, owner: Annotated, pod: Annotated): void {
  if (!isMapping(owner.annotations)) return;
  for (const [key, value] of Object.entries(owner.annotations)) {
    if (key.startsWith(PREFIX) && pod.annotations?.[key] !== value) {
      report.fault(
        ['metadata', 'annotations', key],
        'The annotation is read from the pod template; it has no effect here.',
      );
    }
  }
}
