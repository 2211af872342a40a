import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { Bindings } from '../src/http/environment.ts';
import type { Build } from './build.ts';
import { ServerProcess } from './server-process.ts';

/** The running Worker. */
export interface Server {
  readonly url: URL;
  /** The bindings of the Worker, to write to its KV. */
  readonly bindings: Bindings;
  /** Where the inspector of V8 listens. */
  readonly inspector: URL;
  /** What Linux tells about its process. */
  readonly process: ServerProcess;
  /** Ends the server, and removes its data unless it was in a folder given. */
  stop(): Promise<void>;
}

/** How a server is started. */
export interface ServerOptions {
  /** Flags of V8, separated by spaces. */
  readonly v8Flags?: string;
  /** A folder with what an earlier server stored. Without it, nothing is stored, and the data ends with the server. */
  readonly state?: string;
  /** Settings of the Worker. Without them, only callers on this machine are let in, without credentials. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Runs a Worker on workerd, on a free port of the loopback interface.
 *
 * Requests reach it through a socket of its own. `wrangler dev` and the usual entry of Miniflare put Workers of their own
 * in front, which cost more than most of what is measured. The local state of `npm start` is neither read nor written.
 */
export async function startServer(build: Build, options: ServerOptions = {}): Promise<Server> {
  process.env.MINIFLARE_WORKERD_V8_FLAGS = options.v8Flags ?? '';
  const temporary = mkdtempSync(join(tmpdir(), 'tracewright-bench-state-'));
  const removeFolder = (): void => rmSync(temporary, { recursive: true, force: true });
  try {
    const find = ServerProcess.next();
    const miniflare = newMiniflare(build, options.state ?? temporary, options.settings ?? {});
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
        process: find(),
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

function newMiniflare(build: Build, folder: string, settings: Readonly<Record<string, string>>): Miniflare {
  return new Miniflare(
    convertV4MiniflareOptions({
      name: 'bench',
      modules: [...build.modules],
      modulesRoot: build.folder,
      compatibilityDate: build.compatibilityDate,
      bindings: { LOCAL_DEVELOPMENT: 'on', ...settings },
      kvNamespaces: ['POLICY_SETS'],
      durableObjects: { POLICY_SET_REGISTRY: { className: 'PolicySetRegistry', useSQLite: true } },
      resourcePersistencePath: folder,
      // The Worker writes its log. Here nobody reads it: it would appear between the tables.
      handleStructuredLogs: () => {},
      // Without this, Miniflare would fetch it from Cloudflare.
      cf: false,
      unsafeLocalExplorer: false,
      host: '127.0.0.1',
      port: 0,
      inspectorPort: 0,
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    }),
  );
}
