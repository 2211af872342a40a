import { parseStored, READ_TIMEOUT } from './kv-access.ts';
import { KEYS, type SetSummary, SetSummarySchema } from './kv-keys.ts';
import { PolicySetError } from './policy-set-error.ts';
import { within } from './time-limit.ts';

/** A page of the list of sets, in the order of their names. @throws PolicySetError */
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
