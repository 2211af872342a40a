import { existsSync, readFileSync } from 'node:fs';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { parse } from 'yaml';

// Miniflare would otherwise ask a Cloudflare host for request metadata when it starts.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';

/** Tetragon's own schema of a policy's spec, where a checkout of it stands beside ours. */
function tetragonSpecSchema(): unknown {
  const path = '../shared/crds/cilium.io_tracingpoliciesnamespaced.yaml';
  if (!existsSync(path)) return null;
  return parse(readFileSync(path, 'utf8')).spec.versions[0].schema.openAPIV3Schema.properties.spec;
}

const shared = { testTimeout: 120_000, provide: { tetragonSpecSchema: tetragonSpecSchema() } };

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'compiler', include: ['test/compiler/**/*.test.ts'] } },
      { test: { ...shared, name: 'cli', include: ['test/cli/**/*.test.ts'], hookTimeout: 60_000 } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            // Tests publish straight to KV, where no isolate hears of it.
            miniflare: { bindings: { ALIAS_CACHE_SECONDS: '0' } },
          }),
        ],
        test: { ...shared, name: 'worker', include: ['test/worker/**/*.test.ts'] },
      },
    ],
  },
});
