import { overrideUid, principalUid } from './override-entities.ts';
import type { OverrideRequest, Principal } from './override-question.ts';
import { quote } from './string-literal.ts';

/**
 * Writes the narrowest Cedar permit for an override that no policy permits: for this workload, this override and this
 * container only. It is a proposal for a person to review.
 */
export function suggestPermit(principal: Principal, override: OverrideRequest): string {
  const conditions = [
    // Workloads of different kinds may share a name, so the permit names every kind other than the default, `service`.
    ...(principal.kind === 'service' ? [] : [`principal.kind == ${quote(principal.kind)}`]),
    ...(override.container === undefined
      ? []
      : [`context has container && context.container == ${quote(override.container)}`]),
    ...(override.implicit ? [] : ['!context.implicit']),
  ];
  return [
    `@id(${quote(policyId(principal, override))})`,
    'permit (',
    `  principal == ${uid(principalUid(principal))},`,
    '  action == Lattice::Action::"OverrideSecurity",',
    `  resource == ${uid(overrideUid(override.id))}`,
    conditions.length === 0 ? ');' : `) when { ${conditions.join(' && ')} };`,
  ].join('\n');
}

/** The suggested `@id`, which says what the policy permits. */
function policyId({ namespace, name }: Principal, { id, container }: OverrideRequest): string {
  return ['permit', namespace, name, container ?? 'pod', id].join(':');
}

function uid({ type, id }: { readonly type: string; readonly id: string }): string {
  return `${type}::${quote(id)}`;
}
