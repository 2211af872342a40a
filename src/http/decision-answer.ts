import type { Decision } from '../cedar/decide-overrides.ts';
import type { SecurityOverride } from '../compiler/model/override.ts';
import type { DecisionAnswer } from './decision-schema.ts';

/** The place of the value that asks for an override. */
export interface Place {
  readonly document: number;
  /** A JSON pointer into the document. */
  readonly pointer: string;
  readonly line?: number;
  readonly column?: number;
}

/**
 * Writes a decision as answers have it.
 *
 * @param service The workload, `<namespace>/<name>`.
 * @param place Undefined when the override was not asked for by a value of a body.
 * @param advice How the author can do without the override; only a denial states it.
 */
export function toDecisionAnswer(
  service: string,
  decision: Decision<Omit<SecurityOverride, 'path'>>,
  place: Place | undefined,
  advice?: string,
): DecisionAnswer {
  const { override } = decision;
  const isDenied = decision.decision === 'deny';
  return {
    service,
    override: override.id,
    category: override.category,
    ...(override.container === undefined ? {} : { container: override.container }),
    ...(override.image === undefined ? {} : { image: override.image }),
    implicit: override.implicit,
    ...(override.readOnly === undefined ? {} : { readOnly: override.readOnly }),
    decision: decision.decision,
    ...(isDenied ? { reason: decision.reason } : {}),
    policies: [...decision.policies],
    ...(isDenied && advice !== undefined ? { advice } : {}),
    ...(isDenied && decision.suggestedPermit !== undefined
      ? { suggestedPermit: decision.suggestedPermit }
      : {}),
    ...place,
  };
}
