import { createHash } from 'node:crypto';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { inject } from 'vitest';
import { ADMIN_KEY } from './credentials.ts';

/** A Worker that runs on this machine. */
export interface LocalWorker {
  /** Its address, with a slash at the end. */
  readonly url: string;
  dispose(): Promise<void>;
}

/**
 * Starts the Worker on a port of its own, with these settings besides the admin key; its data goes there. It starts from
 * the bundle that all test files share: wrangler, which `npm start` is tried with, would make another each time.
 */
export async function startWorker(
  persist: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<LocalWorker> {
  const { folder, modules, compatibilityDate, vars } = inject('builtWorker');
  const adminKeyHash = createHash('sha256').update(ADMIN_KEY).digest('hex');
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'tracewright',
      modules: [...modules],
      modulesRoot: folder,
      compatibilityDate,
      bindings: { ...vars, ADMIN_KEY_HASH: adminKeyHash, ...settings },
      kvNamespaces: ['POLICY_SETS'],
      durableObjects: { POLICY_SET_REGISTRY: { className: 'PolicySetRegistry', useSQLite: true } },
      ratelimits: { RATE_LIMITER: { namespace_id: '1001', simple: { limit: 600, period: 60 } } },
      resourcePersistencePath: persist,
      // One line per request is for those who run the Worker.
      handleStructuredLogs: ({ level, message }) => {
        if (level === 'error') console.error(message);
      },
      cf: false,
      unsafeLocalExplorer: false,
      host: '127.0.0.1',
      port: 0,
    }),
  );
  return { url: String(await miniflare.ready), dispose: () => miniflare.dispose() };
}
