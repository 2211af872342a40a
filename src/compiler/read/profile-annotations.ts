import { isMapping } from './mapping.ts';

/** The prefix of annotations that set AppArmor profiles. The API server copies them into the field appArmorProfile. */
export const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/';
/** The prefixes of annotations that set seccomp profiles. Kubernetes has not read them since version 1.27. */
export const SECCOMP_ANNOTATIONS = [
  'seccomp.security.alpha.kubernetes.io/',
  'container.seccomp.security.alpha.kubernetes.io/',
];
const PREFIXES = [APPARMOR, ...SECCOMP_ANNOTATIONS];

/** Whether an annotation sets a security profile, or did so in old versions of Kubernetes. */
export function isProfileAnnotation(key: string): boolean {
  return PREFIXES.some((prefix) => key.startsWith(prefix));
}

/** The keys of the annotations that would set a security profile where no policy sees it. */
export function profileAnnotations(annotations: unknown): string[] {
  return isMapping(annotations) ? Object.keys(annotations).filter(isProfileAnnotation) : [];
}
