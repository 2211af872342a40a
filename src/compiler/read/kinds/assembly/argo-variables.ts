import { entries } from '../../mapping.ts';
import type { Problem } from '../kind-row.ts';
import { itemsOf, type Piece, within } from './pieces.ts';
import { textsWithin } from './pod-parts.ts';

/** The actions of a container that may name a host. */
const ACTIONS = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'];

/**
 * The places where Argo Workflows would replace a variable by a text that nobody has seen yet, and where that text
 * decides about security. Elsewhere a variable asks for the same as any other text, and the entrypoint counts as unknown.
 */
export function checkVariables(
  securityContext: Piece | undefined,
  volumes: readonly Piece[],
  containers: readonly Piece[],
): Problem[] {
  const places = [
    ...(securityContext === undefined ? [] : [securityContext]),
    ...containers.flatMap((container) => [
      within(container, 'securityContext'),
      ...ACTIONS.flatMap((action) => hostsOf(within(container, action))),
    ]),
    ...volumes.flatMap((list) => itemsOf(list)).map((volume) => within(volume, 'hostPath')),
  ];
  return places.flatMap((place) => {
    const texts = typeof place.value === 'string' && isVariable(place.value) ? [[]] : [];
    return [...texts, ...textsWithin(place.value, isVariable)].map((path) => ({
      path: within(place, ...path).path,
      message:
        'Argo Workflows replaces this variable by a text that cannot be judged here. Write the value itself.',
    }));
  });
}

function isVariable(text: string): boolean {
  return text.includes('{{');
}

/** The hosts that a probe or a hook names, however deep. */
function hostsOf(action: Piece): Piece[] {
  return entries(action.value).flatMap(([key, value]) =>
    key === 'host' && typeof value === 'string' ? [within(action, key)] : hostsOf(within(action, key)),
  );
}
