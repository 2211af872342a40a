import { z } from 'zod';

/** The schema of a point in time in an answer, such as `2026-01-01T00:00:00Z` (RFC 3339, UTC). */
export function timeField(description: string): z.ZodISODateTime {
  return z.iso
    .datetime()
    .meta({ description: `${description} (RFC 3339, UTC).`, examples: ['2026-01-01T00:00:00Z'] });
}
