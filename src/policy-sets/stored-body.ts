import { z } from 'zod';
import { digestOf } from './canonical.ts';
import { parseStored, read, UTF8 } from './kv-access.ts';
import { KEYS } from './kv-keys.ts';
import { PolicySetError } from './policy-set-error.ts';
import { type VersionContent, VersionContentSchema } from './version-schemas.ts';

/** Reads all that a version holds. @throws PolicySetError `policy-set-unavailable` or `policy-set-corrupt` */
export async function readContent(kv: KVNamespace, digest: string): Promise<VersionContent> {
  const body = await read(kv, KEYS.body(digest));
  if (body === null)
    throw new PolicySetError('policy-set-unavailable', `The content of ${digest} cannot be read yet.`);
  return contentOf(body, digest);
}

const PoliciesSchema = z.looseObject({ policies: z.custom<object>((value) => typeof value === 'object') });

/** Reads a body, which must have this digest. @throws PolicySetError `policy-set-corrupt` */
export async function contentOf(body: Uint8Array, digest: string): Promise<VersionContent> {
  const found = await digestOf(body);
  if (found !== digest) {
    console.error(JSON.stringify({ event: 'policy-set-corrupt', digest, found }));
    throw new PolicySetError('policy-set-corrupt', `The content stored for ${digest} has another digest.`);
  }
  return parseStored(UTF8.decode(body), (value) => {
    const content = VersionContentSchema.parse(value);
    const { policies } = PoliciesSchema.parse(value);
    // One that is lost in reading might be a forbid.
    if (Object.keys(policies).length !== Object.keys(content.policies).length)
      throw new Error('Not every policy could be read.');
    return content;
  });
}

/** Refuses what is stored when its parts contradict each other. @throws PolicySetError `policy-set-corrupt` */
export function doesNotFit(cause: unknown): never {
  throw new PolicySetError(
    'policy-set-corrupt',
    'What is stored for the policy set does not fit together.',
    cause,
  );
}
