import { createHash } from 'node:crypto';
import { unstable_startWorker } from 'wrangler';
import { ADMIN_KEY } from './credentials.ts';

export type LocalWorker = Awaited<ReturnType<typeof unstable_startWorker>>;

/** Starts the Worker on a port of its own, with these settings besides the admin key; its data goes there. */
export function startWorker(
  persist: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<LocalWorker> {
  const all = { ADMIN_KEY_HASH: createHash('sha256').update(ADMIN_KEY).digest('hex'), ...settings };
  return unstable_startWorker({
    config: 'wrangler.toml',
    bindings: Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, { type: 'plain_text', value }]),
    ),
    dev: {
      server: { hostname: '127.0.0.1', port: 0 },
      inspector: false,
      logLevel: 'error',
      watch: false,
      persist,
    },
  });
}
