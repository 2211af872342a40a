import '../wasm.ts';
import { type EntityJson, isAuthorizedPartial, type TypeAndId } from '@cedar-policy/cedar-wasm/web';
import type { PolicyTexts } from '../engine.ts';

/** What is known of a request, while nothing is known of its resource. */
export interface OpenRequest {
  readonly principal: TypeAndId;
  readonly action: TypeAndId;
  /** The attributes of its context; none of their values is known. */
  readonly context: readonly string[];
}

/**
 * Whether some policies could allow a request, whatever its resource and context are. True wherever Cedar
 * cannot tell: it evaluates as far as it can, and leaves over what depends on what is not known.
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
    // A policy that fails for what is not known might not fail for what is.
    return decision !== 'deny' || errored.length > 0;
  } catch {
    return true;
  }
}
