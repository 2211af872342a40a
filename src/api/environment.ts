import { z } from 'zod';
import type { PolicySetRegistry } from '../policy-sets/registry.ts';
import { Problem } from './problems.ts';

/** The bindings of the Worker (wrangler.toml). */
export interface Bindings {
  /** Policy sets. */
  readonly POLICY_SETS: KVNamespace;
  /** The single writer of each policy set, by its name. */
  readonly POLICY_SET_REGISTRY: DurableObjectNamespace<PolicySetRegistry>;
  /** How long an isolate remembers what an alias points at, in seconds: 30 to 60, or 0 for not at all. */
  readonly ALIAS_CACHE_SECONDS?: string;
}

/** Hono's view of them. */
export interface Environment {
  Bindings: Bindings;
}

const AliasSecondsSchema = z.union([
  z.literal('0'),
  z.stringFormat('seconds', /^(3[0-9]|4[0-9]|5[0-9]|60)$/),
]);

/** The setting `ALIAS_CACHE_SECONDS`, in seconds; 30 when it is left out. @throws Problem `not-configured` */
export function aliasSeconds({ ALIAS_CACHE_SECONDS = '30' }: Bindings): number {
  const parsed = AliasSecondsSchema.safeParse(ALIAS_CACHE_SECONDS);
  if (parsed.success) return Number(parsed.data);
  throw new Problem('not-configured', 'The setting ALIAS_CACHE_SECONDS must be 0, or from 30 to 60.');
}
