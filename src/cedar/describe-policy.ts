import './wasm.ts';
import { policyToJson } from '@cedar-policy/cedar-wasm/web';
import type { CedarMemory } from './cedar-memory.ts';
import type { DeterminingPolicy } from './determining-policy.ts';
import type { PolicyTexts } from './engine.ts';

/**
 * The effect and the annotations of a policy that decided. They are read when a policy first decides something,
 * because most policies never do.
 *
 * @param candidates The texts among which the policy is.
 */
export function describePolicy(
  memory: CedarMemory,
  candidates: readonly PolicyTexts['policies'][],
  id: string,
): DeterminingPolicy {
  const policies = candidates.find((each) => Object.hasOwn(each, id)) ?? {};
  const known = memory.descriptions.get(policies) ?? new Map<string, DeterminingPolicy>();
  memory.descriptions.set(policies, known);
  const held = known.get(id);
  if (held !== undefined) return held;
  const answer = policyToJson(policies[id] ?? '');
  // Cedar has evaluated the policy, so it parses. An id that is not among the candidates would be an error of Cedar.
  if (answer.type === 'failure') throw new Error(`The deciding policy ${id} cannot be described.`);
  const { id: _, ...annotations } = answer.json.annotations ?? {};
  const described = { id, effect: answer.json.effect, annotations };
  known.set(id, described);
  return described;
}
