import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { unstable_readConfig } from 'wrangler';
import type { Bindings } from '../src/http/environment.ts';

/** The running Worker of `bench/worker.ts`. */
export interface Server {
  readonly url: URL;
  /** The bindings of the Worker, to write to its KV. */
  readonly bindings: Bindings;
  /** Where the inspector of V8 listens. */
  readonly inspector: URL;
  /** Ends the server, and removes its data. */
  stop(): Promise<void>;
}

/**
 * Bundles the Worker as a deployment does, and runs it on workerd, on a free port of the loopback interface.
 *
 * Requests reach it through a socket of its own. `wrangler dev` and the usual entry of Miniflare put Workers of their own
 * in front, which cost more than most of what is measured. KV is in a temporary folder that is removed with the server:
 * the local state of `npm start` is neither read nor written.
 *
 * @param v8Flags Flags of V8, separated by spaces.
 */
export async function startServer(v8Flags = ''): Promise<Server> {
  process.env.MINIFLARE_WORKERD_V8_FLAGS = v8Flags;
  const folder = mkdtempSync(join(tmpdir(), 'tracewright-bench-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        name: 'bench',
        modules: bundle(join(folder, 'bundle')),
        modulesRoot: join(folder, 'bundle'),
        compatibilityDate: unstable_readConfig({ config: 'wrangler.toml' }).compatibility_date ?? '',
        bindings: { LOCAL_DEVELOPMENT: 'on' },
        kvNamespaces: ['POLICY_SETS'],
        durableObjects: { POLICY_SET_REGISTRY: { className: 'PolicySetRegistry', useSQLite: true } },
        resourcePersistencePath: join(folder, 'state'),
        // Without this, Miniflare would fetch it from Cloudflare.
        cf: false,
        unsafeLocalExplorer: false,
        host: '127.0.0.1',
        port: 0,
        inspectorPort: 0,
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      }),
    );
    const stop = async (): Promise<void> => {
      await miniflare.dispose();
      removeFolder();
    };
    try {
      await miniflare.ready;
      return {
        url: await miniflare.unsafeGetDirectURL(),
        bindings: await miniflare.getBindings<Bindings>(),
        inspector: await miniflare.getInspectorURL(),
        stop,
      };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    removeFolder();
    throw error;
  }
}

interface Module {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Text';
  readonly path: string;
}

/** Bundles the Worker into a folder. @returns Its modules, the main module first. */
function bundle(folder: string): Module[] {
  const wrangler = fileURLToPath(new URL('../bin/wrangler.js', import.meta.resolve('wrangler')).href);
  execFileSync(
    process.execPath,
    [wrangler, 'deploy', 'bench/worker.ts', '--dry-run', '--outdir', folder],
    // Without its banner, wrangler does not ask the registry for a newer version of itself.
    { env: { ...process.env, WRANGLER_HIDE_BANNER: 'true' }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return readdirSync(folder)
    .filter((name) => !name.endsWith('.map') && name !== 'README.md')
    .sort((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'))
    .map((name) => ({ type: moduleType(name), path: join(folder, name) }));
}

function moduleType(name: string): Module['type'] {
  if (name === 'worker.js') return 'ESModule';
  return name.endsWith('.wasm') ? 'CompiledWasm' : 'Text';
}
