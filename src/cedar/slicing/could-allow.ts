import '../wasm.ts';
import { type EntityJson, isAuthorizedPartial, type TypeAndId } from '@cedar-policy/cedar-wasm/web';
import type { PolicyTexts } from '../engine.ts';

/** The known parts of a request whose resource is not known yet. */
export interface OpenRequest {
  readonly principal: TypeAndId;
  readonly action: TypeAndId;
  /** The names of the attributes of its context, whose values are not known. */
  readonly context: readonly string[];
}

/**
 * Whether some policies could allow a request for some resource and context. Cedar evaluates the policies
 * partially, as far as they do not depend on the unknown parts. The result is true when Cedar cannot tell.
 */
export function couldAllow(
  policies: PolicyTexts['policies'],
  { principal, action, context }: OpenRequest,
  entities: readonly EntityJson[],
): boolean {
  try {
    const answer = isAuthorizedPartial({
      principal,
      action,
      resource: null,
      context: Object.fromEntries(
        context.map((name) => [name, { __extn: { fn: 'unknown', arg: `context.${name}` } }]),
      ),
      policies: { staticPolicies: { ...policies } },
      entities: [...entities],
    });
    if (answer.type === 'failure') return true;
    const { decision, errored } = answer.response;
    // A policy that fails because a value is unknown might not fail for the real value.
    return decision !== 'deny' || errored.length > 0;
  } catch {
    return true;
  }
}
