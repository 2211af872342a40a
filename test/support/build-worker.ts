/**
 * Bundles the Worker once for all test files that start it (vitest.config.ts, `globalSetup`).
 * @module
 */
import type { TestProject } from 'vitest/node';
import { unstable_readConfig } from 'wrangler';
import { buildWorker } from '../../bench/build.ts';

/** The bundle, and what wrangler.toml says of it. */
export interface BuiltWorker {
  readonly folder: string;
  readonly modules: readonly {
    readonly type: 'ESModule' | 'CompiledWasm' | 'Text';
    readonly path: string;
  }[];
  readonly compatibilityDate: string;
  readonly vars: Readonly<Record<string, string>>;
}

/** Makes the bundle. @returns What removes it. */
export default function setup(project: TestProject): () => void {
  const { folder, modules, compatibilityDate, remove } = buildWorker('.', 'src/index.ts');
  const vars = Object.entries(unstable_readConfig({ config: 'wrangler.toml' }).vars ?? {}).map(
    ([name, value]) => [name, String(value)] as const,
  );
  project.provide('builtWorker', { folder, modules, compatibilityDate, vars: Object.fromEntries(vars) });
  return remove;
}
