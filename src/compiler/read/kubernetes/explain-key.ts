import type { Path } from '../../model/pointer.ts';
import { NativeSecurityContextSchema, PodSecurityContextSchema } from '../security-context.ts';

/**
 * Says where an unknown key of a security context belongs: to the security context of the pod, to those of its
 * containers, or to an annotation. Undefined when it belongs to none of them.
 */
export function explainKey(key: string, path: Path): string | undefined {
  if (path.at(-1) !== 'securityContext') return undefined;
  const ofContainer = typeof path.at(-2) === 'number';
  if (key === 'allowedBinaries')
    return 'The field "allowedBinaries" is not one of Kubernetes; it belongs in the annotation runtime.lattice.dev/allowed-binaries of the pod template.';
  const other = ofContainer ? PodSecurityContextSchema : NativeSecurityContextSchema;
  if (!Object.hasOwn(other.shape, key)) return undefined;
  return ofContainer
    ? `Unknown field ${JSON.stringify(key)}: it belongs in the pod's securityContext.`
    : `Unknown field ${JSON.stringify(key)}: it belongs in each container's securityContext.`;
}
