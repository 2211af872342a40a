import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unstable_readConfig } from 'wrangler';

/** What is built: the measured Worker, the real one as it is deployed, or one without anything in it. */
export type Entry = 'bench/worker/worker.ts' | 'src/index.ts' | 'bench/worker/empty.ts';

/** A Worker that is bundled, in a temporary folder. */
export interface Build {
  readonly folder: string;
  /** The main module first. */
  readonly modules: readonly BuiltModule[];
  readonly compatibilityDate: string;
  /** Removes the folder. */
  remove(): void;
}

interface BuiltModule {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Text';
  readonly path: string;
}

/**
 * Bundles a Worker as a deployment does, with the `src` and the packages of a checkout.
 *
 * The files of `bench` are copied beside links to the checkout, so that their imports lead there. Nothing is written
 * into the checkout.
 */
export function buildWorker(checkout: string, entry: Entry = 'bench/worker/worker.ts'): Build {
  const folder = mkdtempSync(join(tmpdir(), 'tracewright-bench-build-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const root = resolve(checkout);
    const config = unstable_readConfig({ config: join(root, 'wrangler.toml') });
    const compatibilityDate = config.compatibility_date ?? '';
    const source = join(folder, 'source');
    mkdirSync(source);
    cpSync('bench', join(source, 'bench'), { recursive: true });
    for (const name of ['src', 'node_modules']) symlinkSync(join(root, name), join(source, name));
    writeFileSync(
      join(source, 'wrangler.json'),
      JSON.stringify({
        name: 'bench',
        main: entry,
        compatibility_date: compatibilityDate,
        send_metrics: false,
        keep_names: config.keep_names,
        rules: config.rules,
      }),
    );
    const bundle = join(folder, 'bundle');
    execFileSync(
      process.execPath,
      [wranglerPath(), 'deploy', '--dry-run', '--outdir', bundle],
      // Without its banner, wrangler does not ask the registry for a newer version of itself.
      {
        cwd: source,
        env: { ...process.env, WRANGLER_HIDE_BANNER: 'true' },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    return { folder: bundle, modules: modulesIn(bundle, entry), compatibilityDate, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function wranglerPath(): string {
  return fileURLToPath(new URL('../bin/wrangler.js', import.meta.resolve('wrangler')).href);
}

function modulesIn(folder: string, entry: Entry): BuiltModule[] {
  const main = `${basename(entry, '.ts')}.js`;
  return readdirSync(folder)
    .filter((name) => !name.endsWith('.map') && name !== 'README.md')
    .sort((a, b) => Number(b === main) - Number(a === main))
    .map((name) => ({ type: moduleType(name, main), path: join(folder, name) }));
}

function moduleType(name: string, main: string): BuiltModule['type'] {
  if (name === main) return 'ESModule';
  return name.endsWith('.wasm') ? 'CompiledWasm' : 'Text';
}
