import type { Path } from '../../model/pointer.ts';
import { entries, isMapping, member } from '../mapping.ts';

/** The name of the volume that the ServiceAccount admission plugin of the API server adds to every pod. */
const INJECTED_TOKEN = /^kube-api-access-[a-z0-9]+$/;

/** Audiences of the API server. A token without an audience is for the API server too. */
const API_SERVER = /kubernetes|^$/;

/**
 * Where the volumes of a pod hold tokens of its service account that the API server accepts. One for another audience
 * opens nothing in the cluster. `spec` is the pod's, and `at` its place.
 */
export function mountedTokens(spec: unknown, at: Path): Path[] {
  const automount = member(spec, 'automountServiceAccountToken');
  return entries(member(spec, 'volumes')).flatMap(([index, volume]) => {
    const name = member(volume, 'name');
    // The plugin adds this volume unless the pod refuses it, so the author of the pod has not asked for it.
    if (automount !== false && typeof name === 'string' && INJECTED_TOKEN.test(name)) return [];
    return entries(member(member(volume, 'projected'), 'sources')).flatMap(([source, value]) => {
      const token = member(value, 'serviceAccountToken');
      if (!isMapping(token)) return [];
      const audience = typeof token.audience === 'string' ? token.audience : '';
      if (!API_SERVER.test(audience)) return [];
      return [[...at, 'volumes', index, 'projected', 'sources', source, 'serviceAccountToken']];
    });
  });
}
