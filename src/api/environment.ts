/** The bindings of the Worker (wrangler.toml). */
export interface Bindings {
  /** Policy sets. */
  readonly POLICY_SETS: KVNamespace;
}

/** Hono's view of them. */
export interface Environment {
  Bindings: Bindings;
}
