import { parseStored, READ_TIMEOUT } from './kv-access.ts';
import { KEYS, type SetSummary, SetSummarySchema } from './kv-keys.ts';
import { PolicySetError } from './policy-set-error.ts';
import { within } from './time-limit.ts';

/**
 * A page of the list of policy sets, in the order of their names.
 *
 * @param limit How many sets the page has at most.
 * @param cursor The `next` of the page before; undefined for the first page.
 * @returns The sets, and the cursor of the next page, which is undefined on the last one.
 * @throws PolicySetError `policy-set-unavailable` or `policy-set-corrupt`
 */
export async function listSets(
  kv: KVNamespace,
  limit: number,
  cursor: string | undefined,
): Promise<{ sets: SetSummary[]; next: string | undefined }> {
  try {
    const page = await within(
      READ_TIMEOUT,
      kv.list<unknown>({ prefix: KEYS.sets, limit, ...(cursor === undefined ? {} : { cursor }) }),
    );
    const sets = page.keys.map(({ metadata }) =>
      parseStored(JSON.stringify(metadata ?? null), (value) => SetSummarySchema.parse(value)),
    );
    return { sets, next: page.list_complete ? undefined : page.cursor };
  } catch (cause) {
    if (cause instanceof PolicySetError) throw cause;
    throw new PolicySetError('policy-set-unavailable', 'The policy sets cannot be listed.', cause);
  }
}
