/** What the local Worker is started with, besides `wrangler.toml`. */
export interface LocalWorker {
  /** The folder that keeps KV and Durable Objects. */
  readonly state: string;
  /** The settings of the Worker, `ADMIN_KEY_HASH` among them. */
  readonly settings: Readonly<Record<string, string>>;
}
