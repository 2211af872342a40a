import { overrideUid, principalUid } from './override-entities.ts';
import type { OverrideRequest, Principal } from './override-question.ts';
import { quote } from './string-literal.ts';

/**
 * Writes the narrowest Cedar permit for a denied override: this workload, this override, this container.
 * It is a proposal for a person to review. It helps where nothing permits, and nowhere else.
 */
export function suggestPermit(principal: Principal, override: OverrideRequest): string {
  const conditions = [
    // Other kinds may have the same name. A service is what the name means when nothing else is said.
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

function policyId({ namespace, name }: Principal, { id, container }: OverrideRequest): string {
  return ['permit', namespace, name, container ?? 'pod', id].join(':');
}

function uid({ type, id }: { readonly type: string; readonly id: string }): string {
  return `${type}::${quote(id)}`;
}
