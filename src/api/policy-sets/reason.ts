import { z } from 'zod';
import { LIMITS } from '../../compiler/model/limits.ts';

/** The field for the reason of a change, which the history records. */
export const reasonField = z
  .string()
  .max(LIMITS.message)
  .default('')
  .meta({ description: 'Why, for the history.', examples: ['Superseded by the set production.'] });

/** The schema of a body that states only the reason of a change. */
export const ReasonSchema = z
  .strictObject({ reason: reasonField })
  .meta({ id: 'Reason', description: 'Why a change is made.', examples: [{ reason: 'Superseded.' }] });
