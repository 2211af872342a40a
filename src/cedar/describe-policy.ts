import './wasm.ts';
import { policyToJson } from '@cedar-policy/cedar-wasm/web';
import type { CedarMemory } from './cedar-memory.ts';
import type { DeterminingPolicy } from './determining-policy.ts';
import type { PolicyTexts } from './engine.ts';

/** Reads a policy's effect and annotations when it first decides something: most policies never do. */
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
  // Only policies that evaluated get here, so they parse; an unknown id would be a bug in Cedar.
  if (answer.type === 'failure') throw new Error(`The deciding policy ${id} cannot be described.`);
  const { id: _, ...annotations } = answer.json.annotations ?? {};
  const described = { id, effect: answer.json.effect, annotations };
  known.set(id, described);
  return described;
}
