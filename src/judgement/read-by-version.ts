import type { Context } from 'hono';
import type { Environment } from '../http/environment.ts';
import type { ResolvedVersion } from '../policy-sets/version-store.ts';
import type { BodyMemory } from './body-memory.ts';
import { permitNamespaces, type VersionRequest } from './resolve-version.ts';
import type { WorkloadBody } from './workload-body.ts';

/**
 * A body as a version of a policy set reads it: with the kinds of workloads that the settings of the version add. It is
 * the same body where they add none, or where it has no object that could be of such a kind.
 *
 * @param memory Remembers the result for a body that is remembered.
 * @throws Problem `invalid-request` when an object of such a kind has a fault.
 */
export function readByVersion(
  body: WorkloadBody,
  { settings: { workloadKinds: kinds = [] }, digest }: ResolvedVersion,
  memory?: BodyMemory,
): WorkloadBody {
  if (kinds.length === 0 || !body.mayHoldMore) return body;
  const read = (): WorkloadBody => body.readWith({ kinds });
  return memory === undefined ? read() : memory.readOnce(body, digest, read);
}

/**
 * Reads a body as {@link readByVersion} does, for a caller who was permitted the namespaces of its workloads before: asks
 * whether the caller may do the same in those of the workloads that only the version makes known.
 *
 * @throws Problem `forbidden`, `invalid-request`
 */
export async function readPermitted(
  context: Context<Environment>,
  action: 'compile' | 'authorize',
  body: WorkloadBody,
  version: ResolvedVersion,
  request: Omit<VersionRequest, 'namespaces'>,
  memory?: BodyMemory,
): Promise<WorkloadBody> {
  const read = readByVersion(body, version, memory);
  const before = new Set(body.workloads.map(({ namespace }) => namespace));
  const more = read.workloads.map(({ namespace }) => namespace).filter((each) => !before.has(each));
  if (more.length > 0) await permitNamespaces(context, action, { ...request, namespaces: more });
  return read;
}
