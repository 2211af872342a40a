import { z } from 'zod';
import { LIMITS } from '../compiler/model/limits.ts';

/** The query parameter for the number of entries on a page. */
const limitField = z
  .number()
  .int()
  .min(1)
  .max(LIMITS.page)
  .default(50)
  .meta({ description: 'How many entries, at most.', examples: [50] });

/** The query parameters of a list in pages whose cursor only the storage can read. */
export const CursorPageQuerySchema = z.strictObject({
  limit: limitField,
  cursor: z
    .string()
    .max(1_000)
    .optional()
    .meta({ description: '`nextCursor` of the page before.', examples: ['ZGVmYXVsdA=='] }),
});

/** The query parameters of a list in pages, newest first. A page has the entries whose number is below the cursor. */
export const PageQuerySchema = z.strictObject({
  limit: limitField,
  cursor: z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/, 'Expected the nextCursor of another page.')
    .default(String(Number.MAX_SAFE_INTEGER))
    .transform(Number)
    .meta({ description: '`nextCursor` of the page before.', examples: ['151'] }),
});

/** The field of an answer that holds the cursor of the next page. */
export const nextCursorField = z
  .string()
  .nullable()
  .meta({ description: 'The `cursor` of the next page; null on the last.', examples: ['151'] });
