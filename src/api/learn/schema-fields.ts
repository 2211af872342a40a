/**
 * Fields that several schemas of `POST /learn` have.
 * @module
 */
import { z } from 'zod';

/** A number of things. */
export const count = (description: string, example = 0) =>
  z
    .int()
    .min(0)
    .meta({ description, examples: [example] });

/** A time of RFC 3339, in UTC. */
export const time = (description: string) =>
  z.string().meta({ description, examples: ['2026-11-25T08:00:00.000Z'] });
