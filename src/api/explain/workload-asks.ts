import { securityOverrides } from '../../compiler/derive/overrides.ts';
import type { Workload } from '../../compiler/model/workload.ts';
import type { Blocked } from '../../events/blocked.ts';

/** What the workloads of a request ask for already. Each workload is read once, because many blocks may be of one. */
export class WorkloadAsks {
  readonly #known = new Map<Workload, ReadonlySet<string>>();

  /**
   * Whether a workload asks for an override already, starts the binary, or asks for any binary: in the container of a policy
   * that is confined to one, else in any.
   */
  has(workload: Workload, { confined, container }: Blocked, override: string): boolean {
    const known = this.#known.get(workload) ?? asksOf(workload);
    this.#known.set(workload, known);
    const whose = confined === true ? (container ?? '') : ANY;
    return known.has(key(whose, override)) || (isBinary(override) && known.has(key(whose, ANY_BINARY)));
  }
}

/** Stands for all containers of a pod; no container has this name. */
const ANY = '*';
const ANY_BINARY = 'allowedBinary:*';

function isBinary(override: string): boolean {
  return override.startsWith('allowedBinary:');
}

/** An inferred wildcard does not count: a policy with an allowlist was made, so it was known what the image starts. */
function asksOf(workload: Workload): ReadonlySet<string> {
  const asks = securityOverrides(workload, { authorizeEntrypoints: true }).filter(
    ({ id, implicit }) => id !== ANY_BINARY || !implicit,
  );
  return new Set(asks.flatMap(({ id, container }) => [key(container ?? '', id), key(ANY, id)]));
}

function key(container: string, id: string): string {
  return `${container} ${id}`;
}
