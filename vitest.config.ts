import './src/cli/build-assets.ts';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { parse } from 'yaml';
import { ADMIN_KEY } from './test/support/credentials.ts';

// Miniflare would otherwise ask a Cloudflare host for request metadata when it starts.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';

/** Tetragon's own schema of a policy's spec, where a checkout of it stands beside ours. */
function tetragonSpecSchema(): unknown {
  const path = '../shared/crds/cilium.io_tracingpoliciesnamespaced.yaml';
  if (!existsSync(path)) return null;
  return parse(readFileSync(path, 'utf8')).spec.versions[0].schema.openAPIV3Schema.properties.spec;
}

const shared = {
  testTimeout: 120_000,
  // As many files at once as there are cores: the default leaves one core idle, which is half of two.
  maxWorkers: '100%',
  provide: { tetragonSpecSchema: tetragonSpecSchema(), allRuns: process.env.RUNS === 'all' },
};

export default defineConfig({
  test: {
    // One line per request is for those who run the Worker.
    onConsoleLog: (log: string) => !log.startsWith('{"event":"request"'),
    // Only with --coverage (docs/coverage.md). Istanbul counts the same in Node and in workerd.
    coverage: {
      provider: 'istanbul',
      include: ['src/**/*.ts'],
      // The tests run the commands in processes of their own, where nothing is counted.
      exclude: ['src/cli/**'],
      reporter: ['json-summary', 'html'],
      reportOnFailure: true,
    },
    projects: [
      // The compiler remembers nothing between two calls, so its test files can share a process.
      {
        test: {
          ...shared,
          name: 'compiler',
          include: ['test/{compiler,events,learn}/**/*.test.ts'],
          isolate: false,
        },
      },
      { test: { ...shared, name: 'docs', include: ['test/docs/**/*.test.ts'] } },
      { test: { ...shared, name: 'house', include: ['test/house/**/*.test.ts'] } },
      {
        test: {
          ...shared,
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          globalSetup: ['test/support/build-worker.ts'],
          // Each file runs a Worker of its own, and commands besides it. They have time enough on a machine
          // that has other things to do: a hook that times out skips a whole file.
          hookTimeout: 900_000,
          testTimeout: 600_000,
          // Node loads the files itself, as it does for the commands, with the hooks that load Cedar.
          experimental: { viteModuleRunner: false, nodeLoader: false },
          execArgv: ['--import', resolve('src/cli/hooks.ts')],
          // The tests run the same few commands many times: Node compiles each of them once.
          env: { NODE_COMPILE_CACHE: resolve('node_modules/.cache/node-compile') },
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                // Tests publish straight to KV, where no isolate hears of it.
                ALIAS_CACHE_SECONDS: '0',
                ADMIN_KEY_HASH: createHash('sha256').update(ADMIN_KEY).digest('hex'),
                API_KEYS: 'on',
                ATTESTATION_KEY: JSON.stringify(
                  generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
                ),
              },
              // Generous for the tests as a whole; one of them has a limiter of its own.
              ratelimits: {
                RATE_LIMITER: { namespace_id: '1001', simple: { limit: 1_000_000, period: 60 } },
                TEST_LIMITER: { namespace_id: '1002', simple: { limit: 3, period: 60 } },
              },
            },
          }),
        ],
        test: {
          ...shared,
          name: 'worker',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{compiler,events,learn}/**', 'test/docs/**', 'test/house/**', 'test/cli/**'],
          // A process of workerd for each file costs three seconds of a core. The files share one for each core;
          // after each file its storage is emptied and its modules are forgotten.
          isolate: false,
          setupFiles: ['test/support/fresh-worker.ts'],
        },
      },
    ],
  },
});
