import type { AccessMemory } from '../access/access-memory.ts';
import type { Identity } from '../access/identity.ts';
import type { SettingsBindings } from '../access/settings.ts';
import type { CedarMemory } from '../cedar/cedar-memory.ts';
import type { ImageMemory } from '../images/image-memory.ts';
import type { PolicySetRegistry } from '../policy-sets/registry.ts';
import type { VersionMemory } from '../policy-sets/version-store.ts';
import type { RequestEvent, RequestRecord } from './request-record.ts';

/** The bindings of the Worker (wrangler.toml). */
export interface Bindings extends SettingsBindings {
  /** Policy sets and API keys. */
  readonly POLICY_SETS: KVNamespace;
  /** The single writer of each policy set, by its name. */
  readonly POLICY_SET_REGISTRY: DurableObjectNamespace<PolicySetRegistry>;
  /** The static files that are deployed with the script. */
  readonly ASSETS: Fetcher;
  /** Counts requests per caller. */
  readonly RATE_LIMITER?: RateLimit;
  /** Places that the decision log is written to, besides the Workers log. */
  readonly AUDIT_ANALYTICS?: AnalyticsEngineDataset;
  readonly AUDIT_QUEUE?: Queue<RequestEvent>;
}

/** The part of the memory of an isolate that every operation uses. */
export interface SharedMemory {
  readonly cedar: CedarMemory;
  readonly versions: VersionMemory;
  readonly access: AccessMemory;
  readonly images: ImageMemory;
}

/** Hono's types: the bindings, and the variables that a request carries. */
export interface Environment {
  Bindings: Bindings;
  Variables: {
    isolate: SharedMemory;
    record: RequestRecord;
    /** Set once the caller is known. */
    identity: Identity | undefined;
    /** Set once the caller is permitted what it asked for. */
    permitted: boolean | undefined;
  };
}
