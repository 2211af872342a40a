import { z } from 'zod';
import { LIMITS } from '../../compiler/model/limits.ts';

/** Why a change is made, for the history. */
export const reasonField = z
  .string()
  .max(LIMITS.message)
  .default('')
  .meta({ description: 'Why, for the history.', examples: ['Superseded by the set production.'] });

/** Why a change is made. */
export const ReasonSchema = z
  .strictObject({ reason: reasonField })
  .meta({ id: 'Reason', description: 'Why a change is made.', examples: [{ reason: 'Superseded.' }] });
