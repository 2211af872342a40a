import { z } from 'zod';
import { LIMITS } from '../../compiler/model/limits.ts';
import type { SharedMemory } from '../../http/environment.ts';
import { Problem } from '../../http/problems.ts';
import { checkDraft, type GateReport } from '../../policy-sets/gates.ts';
import { VersionRequestSchema } from '../../policy-sets/version-schemas.ts';
import { CEDAR_TYPES, type ReceivedVersion, type SentVersion } from './version-body.ts';

const cedarText = z.string().meta({
  description: 'A Cedar text.',
  examples: ['@id("allow-all")\npermit (principal, action, resource);\n'],
});

/** The types in which a version may be sent and answered as one Cedar text. */
export const CEDAR_CONTENT = Object.fromEntries(CEDAR_TYPES.map((type) => [type, { schema: cedarText }]));

/** The body that holds a version. */
export const VERSION_BODY = {
  schema: VersionRequestSchema,
  description:
    'Policies by id with entities, settings and tests; or a Cedar text alone, in which each policy has its `@id`.',
  otherContent: CEDAR_CONTENT,
};

/** A body with more characters than this holds a large version. */
const LARGE = 500_000;

/** Does what reads and checks a version. Large versions take turns, because each needs a good part of the memory. */
export async function inTurn<T>(
  { versions }: SharedMemory,
  { body }: ReceivedVersion,
  work: () => Promise<T>,
): Promise<T> {
  return body.text.length > LARGE ? versions.publications.take(work) : work();
}

/** Runs the gates on a version. @throws Problem `version-rejected`, with every fault */
export async function passGates(
  { cedar }: SharedMemory,
  name: string,
  sent: SentVersion,
): Promise<GateReport> {
  const report = await checkDraft(name, sent.draft, sent, cedar);
  const count = report.faults.length;
  if (count === 0) return report;
  const found = count === 1 ? '1 fault was found.' : `${count} faults were found.`;
  const listed = report.faults.slice(0, LIMITS.faults).map(sent.locate);
  throw new Problem(
    'version-rejected',
    listed.length < count ? `${found} The first ${listed.length} are listed.` : found,
    { faults: listed },
  );
}
