import './src/cli/build-assets.ts';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
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
  provide: { tetragonSpecSchema: tetragonSpecSchema() },
};

export default defineConfig({
  test: {
    // One line per request is for those who run the Worker.
    onConsoleLog: (log: string) => !log.startsWith('{"event":"request"'),
    projects: [
      { test: { ...shared, name: 'compiler', include: ['test/compiler/**/*.test.ts'] } },
      { test: { ...shared, name: 'docs', include: ['test/docs/**/*.test.ts'] } },
      { test: { ...shared, name: 'house', include: ['test/house/**/*.test.ts'] } },
      {
        test: {
          ...shared,
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          // Each file runs a Worker of its own, and commands besides it. One after the other, and with time
          // enough on a machine that has other things to do: a hook that times out skips a whole file.
          fileParallelism: false,
          hookTimeout: 900_000,
          testTimeout: 600_000,
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
          exclude: ['test/compiler/**', 'test/docs/**', 'test/house/**', 'test/cli/**'],
        },
      },
    ],
  },
});
