/**
 * Serves the API locally, as `npm start` does: publishes `policies/` as the active version of the set
 * `default`, makes an admin key for this run, and starts the Worker. Both keep their data in
 * `.wrangler/state`.
 * @module
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { generateKey } from '../access/api-keys.ts';
import { newSigningKey } from '../provenance/new-key.ts';
import { seedPolicies } from './seed-local.ts';

const { key, hash } = await generateKey('admin');
await seedPolicies('policies', key, hash);
process.stdout.write(`
  ┌──────────────────────────────────────────────────────────────────────────────┐
  │ LOCAL DEVELOPMENT: callers without credentials may compile, authorize, read. │
  │ Changes need the admin key of this run; it is shown this once:               │
  └──────────────────────────────────────────────────────────────────────────────┘
  export TRACEWRIGHT_TOKEN=${key}

`);
const wrangler = fileURLToPath(new URL('../bin/wrangler.js', import.meta.resolve('wrangler')).href);
const settings = {
  LOCAL_DEVELOPMENT: 'on',
  API_KEYS: 'on',
  ADMIN_KEY_HASH: hash,
  ATTESTATION_KEY: JSON.stringify(await newSigningKey()),
};
const server = spawn(
  process.execPath,
  [
    wrangler,
    'dev',
    '--local',
    '--ip=127.0.0.1',
    '--port=8787',
    '--show-interactive-dev-session=false',
    ...Object.entries(settings).map(([name, value]) => `--var=${name}:${value}`),
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 1));
