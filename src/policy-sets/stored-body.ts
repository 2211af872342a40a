/**
 * Reads the body of a version: the canonical JSON of its content, which is stored under its digest.
 * @module
 */
import { z } from 'zod';
import { digestOf } from './canonical.ts';
import { parseStored, read, UTF8 } from './kv-access.ts';
import { KEYS } from './kv-keys.ts';
import { PolicySetError } from './policy-set-error.ts';
import { type VersionContent, VersionContentSchema } from './version-schemas.ts';

/** Reads the content of a version from KV. @throws PolicySetError `policy-set-unavailable` or `policy-set-corrupt` */
export async function readContent(kv: KVNamespace, digest: string): Promise<VersionContent> {
  const body = await read(kv, KEYS.body(digest));
  if (body === null)
    throw new PolicySetError('policy-set-unavailable', `The content of ${digest} cannot be read yet.`);
  return contentOf(body, digest);
}

/** The policies of a body before the strict schema reads them, to compare their number. */
const PoliciesSchema = z.looseObject({ policies: z.custom<object>((value) => typeof value === 'object') });

/** Parses a body, which must have this digest. @throws PolicySetError `policy-set-corrupt` */
export async function contentOf(body: Uint8Array, digest: string): Promise<VersionContent> {
  const found = await digestOf(body);
  if (found !== digest) {
    console.error(JSON.stringify({ event: 'policy-set-corrupt', digest, found }));
    throw new PolicySetError('policy-set-corrupt', `The content stored for ${digest} has another digest.`);
  }
  return parseStored(UTF8.decode(body), (value) => {
    const content = VersionContentSchema.parse(value);
    const { policies } = PoliciesSchema.parse(value);
    // A policy that is lost in parsing (its id is `__proto__`) might be a forbid.
    if (Object.keys(policies).length !== Object.keys(content.policies).length)
      throw new Error('Not every policy could be read.');
    return content;
  });
}

/** Refuses stored parts that contradict each other. @throws PolicySetError `policy-set-corrupt`, always. */
export function doesNotFit(cause: unknown): never {
  throw new PolicySetError(
    'policy-set-corrupt',
    'What is stored for the policy set does not fit together.',
    cause,
  );
}
