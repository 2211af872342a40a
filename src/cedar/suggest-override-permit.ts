import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { LIMITS } from '../compiler/model/limits.ts';
import { overrideUid, principalUid } from './override-entities.ts';
import type { OverrideRequest, Principal } from './override-question.ts';
import { quote } from './string-literal.ts';

/**
 * Writes the narrowest Cedar permit for an override that no policy permits: for this workload, this override and this
 * container only. It is a proposal for a person to review.
 *
 * @param id The `@id` of the permit.
 */
export function suggestPermit(
  principal: Principal,
  override: OverrideRequest,
  id: string = suggestedPermitId(principal, override),
): string {
  const conditions = [
    // Workloads of different kinds may share a name, so the permit names every kind other than the default, `service`.
    ...(principal.kind === 'service' ? [] : [`principal.kind == ${quote(principal.kind)}`]),
    ...(override.container === undefined
      ? []
      : [`context has container && context.container == ${quote(override.container)}`]),
    ...(override.implicit ? [] : ['!context.implicit']),
    ...(override.readOnly === true ? ['resource has readOnly && resource.readOnly'] : []),
  ];
  return [
    `@id(${quote(id)})`,
    'permit (',
    `  principal == ${uid(principalUid(principal))},`,
    '  action == Lattice::Action::"OverrideSecurity",',
    `  resource == ${uid(overrideUid(override.id))}`,
    conditions.length === 0 ? ');' : `) when { ${conditions.join(' && ')} };`,
  ].join('\n');
}

/** The characters of a hash that stands for the rest of a long `@id`. */
const HASH = 16;

/** The suggested `@id`, which says what the policy permits. One that would be too long ends in a hash of the whole. */
export function suggestedPermitId(
  { namespace, name }: Principal,
  { id, container }: OverrideRequest,
): string {
  const whole = ['permit', namespace, name, container ?? 'pod', id].join(':');
  if (whole.length <= LIMITS.policyId) return whole;
  const hash = bytesToHex(sha256(utf8ToBytes(whole))).slice(0, HASH);
  return `${whole.slice(0, LIMITS.policyId - HASH - 1).toWellFormed()}:${hash}`;
}

function uid({ type, id }: { readonly type: string; readonly id: string }): string {
  return `${type}::${quote(id)}`;
}
