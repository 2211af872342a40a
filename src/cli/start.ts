/**
 * Serves the API locally, as `npm start` does: publishes `policies/` as the active version of the set
 * `default`, makes an admin key for this run, and starts the Worker. Both keep their data in
 * `.wrangler/state`. `--port` is where to, instead of 8787.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateKey } from '../access/api-keys.ts';
import { newSigningKey } from '../provenance/new-key.ts';
import { seedPolicies } from './seed-local.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8787' } } });
const port = Number(values.port);
await refuseTakenPort(port);
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
    `--port=${port}`,
    '--show-interactive-dev-session=false',
    ...Object.entries(settings).map(([name, value]) => `--var=${name}:${value}`),
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 1));

/** Ends before anything is done where another server listens: it may be one of ours, with the same data. */
async function refuseTakenPort(wanted: number): Promise<void> {
  try {
    const probe = createServer().listen(wanted, '127.0.0.1');
    await once(probe, 'listening');
    await new Promise((resolve) => probe.close(resolve));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`Cannot serve on port ${values.port}: ${reason}. Try npm start -- --port 8788\n`);
    process.exit(1);
  }
}
