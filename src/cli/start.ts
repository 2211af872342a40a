/**
 * Serves the API locally, as `npm start` does: publishes `policies/` as the active version of the set
 * `default`, makes an admin key for this machine, and starts the Worker.
 * @module
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateKey } from '../access/api-keys.ts';
import { newSigningKey } from '../provenance/new-signing-key.ts';
import { callersPath } from './caller-folder.ts';
import { ClientError } from './client.ts';
import { Exit } from './exit.ts';
import { type LocalSettings, seedPolicies } from './seed-local.ts';
import { say, tell, tellProblem } from './show.ts';

const USAGE = `Usage: npm start -- [options]

Serves the API on this machine, with the policies of policies/ as the active version of the set default.

Options
  --port <number>        where to serve (default: 8787)
  --var <NAME>=<value>   a setting of the Worker (docs/security.md), such as TWO_PERSON_RULE=on; may be repeated.
                         They may also stand in a file .dev.vars, one in a line.
  --folder <path>        the policies to publish (default: policies)
  --state <path>         where data and keys are kept (default: .wrangler/state); delete it to begin anew
  --log                  print a line for each request, instead of writing it to requests.log in that folder
  --help                 show this

Exit codes: 0 it was stopped; 1 the policies are not good, or the Worker failed; 2 wrong usage, or the port is taken.
`;

try {
  await main();
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  if (error instanceof ClientError) tellProblem(error);
  process.exit(error instanceof Exit ? error.exitCode : 1);
}

async function main(): Promise<void> {
  const { port, folder, state, log, help, ...more } = readOptions();
  if (help) return say(USAGE);
  await refuseTakenPort(port);
  mkdirSync(state, { recursive: true });
  const keyFile = join(state, 'admin-key');
  const key = await keep(keyFile, async () => (await generateKey('admin')).key);
  if (!/^tw_admin_\S+$/.test(key)) throw new Exit(1, `${keyFile} holds no admin key: delete it.`);
  const standard = {
    LOCAL_DEVELOPMENT: 'on',
    API_KEYS: 'on',
    ATTESTATION_KEY: await keep(join(state, 'attestation-key'), async () =>
      JSON.stringify(await newSigningKey()),
    ),
  };
  const own = namesInDevVars();
  const settings = {
    // Wrangler lets what is given here win over .dev.vars.
    ...Object.fromEntries(Object.entries(standard).filter(([name]) => !own.has(name))),
    ADMIN_KEY_HASH: createHash('sha256').update(key).digest('hex'),
    ...more.settings,
  };
  for (const line of await seedPolicies(folder, key, { state, settings })) say(line);
  await serve(port, log ? undefined : join(state, 'requests.log'), { state, settings }, () =>
    say(banner(port, key, keyFile)),
  );
}

function readOptions() {
  const { values } = parse();
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port < 1 || port > 65_535)
    throw new Exit(2, `--port ${values.port}: expected a number from 1 to 65535.`);
  const settings = Object.fromEntries(
    (values.var ?? []).map((each) => {
      const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(each) ?? [];
      if (name === undefined || value === undefined)
        throw new Exit(2, `--var ${each}: expected <NAME>=<value>, such as TWO_PERSON_RULE=on.`);
      return [name, value];
    }),
  );
  // What is given is the caller's; what is not is this package's own.
  const folder = values.folder === undefined ? 'policies' : callersPath(values.folder);
  const state = values.state === undefined ? '.wrangler/state' : callersPath(values.state);
  return { ...values, folder, state, port, settings };
}

function parse() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '8787' },
        var: { type: 'string', multiple: true },
        folder: { type: 'string' },
        state: { type: 'string' },
        log: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new Exit(
      2,
      `${error instanceof Error ? error.message.split('. ')[0] : String(error)}.\n\n${USAGE}`,
    );
  }
}

/** Ends before anything is done where another server listens: it may be one of ours, with the same data. */
async function refuseTakenPort(port: number): Promise<void> {
  try {
    const probe = createServer().listen(port, '127.0.0.1');
    await once(probe, 'listening');
    await new Promise((resolve) => probe.close(resolve));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Exit(2, `Cannot serve on port ${port}: ${reason}. Try npm start -- --port ${port + 1}`);
  }
}

/** What a file holds that only its owner may read; it is made where there is none. */
async function keep(file: string, make: () => Promise<string>): Promise<string> {
  if (!existsSync(file)) writeFileSync(file, `${await make()}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return readFileSync(file, 'utf8').trim();
}

/** The settings that the file `.dev.vars` gives, which wrangler reads by itself. */
function namesInDevVars(): ReadonlySet<string> {
  const text = existsSync('.dev.vars') ? readFileSync('.dev.vars', 'utf8') : '';
  return new Set(
    [...text.matchAll(/^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=/gm)].map(([, name = '']) => name),
  );
}

/** Runs the Worker until it ends. */
async function serve(
  port: number,
  logFile: string | undefined,
  { state, settings }: LocalSettings,
  onReady: () => void,
): Promise<void> {
  const wrangler = join(dirname(fileURLToPath(import.meta.resolve('wrangler'))), '../bin/wrangler.js');
  const server = spawn(
    process.execPath,
    [
      wrangler,
      'dev',
      '--local',
      '--ip=127.0.0.1',
      `--port=${port}`,
      `--persist-to=${state}`,
      '--show-interactive-dev-session=false',
      ...Object.entries(settings).map(([name, value]) => `--var=${name}:${value}`),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Neither is of use here: the former asks the registry for a newer wrangler.
      env: { ...process.env, WRANGLER_HIDE_BANNER: 'true', WRANGLER_SEND_METRICS: 'false' },
    },
  );
  // Whatever ends this process, the server must not stay behind on its port.
  process.on('exit', () => server.kill());
  process.stdout.on('error', () => process.exit(1));
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      stopped = true;
      server.kill(signal);
    });
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  createInterface(server.stdout).on('line', (line) => {
    if (log !== undefined && isAboutRequest(line)) log.write(`${line}\n`);
    else say(line);
  });
  const ended = once(server, 'exit');
  void ready(port, ended).then((isReady) => {
    if (!isReady) return;
    if (logFile !== undefined) say(`A line for each request is written to ${logFile}.`);
    onReady();
  });
  const [code] = await ended;
  if (!stopped) process.exitCode = typeof code === 'number' && code > 0 ? code : 1;
}

/** A line of the decision log, or of wrangler about the same request. */
function isAboutRequest(line: string): boolean {
  return (
    line.startsWith('{"event":"request"') ||
    /\[wrangler:info\].* (GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \//.test(line)
  );
}

/** Waits until the API answers. @returns false when it ended before */
async function ready(port: number, ended: Promise<unknown>): Promise<boolean> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (answer?.ok) return true;
    const over = await Promise.race([ended.then(() => true), sleep(100, false)]);
    if (over) return false;
  }
}

function banner(port: number, key: string, keyFile: string): string {
  return `
  ┌──────────────────────────────────────────────────────────────────────────────┐
  │ LOCAL DEVELOPMENT: callers without credentials may compile, authorize, read. │
  │ Changes need the admin key of this machine:                                  │
  └──────────────────────────────────────────────────────────────────────────────┘
  export TRACEWRIGHT_URL=http://127.0.0.1:${port}
  export TRACEWRIGHT_TOKEN=${key}

  The key is kept in ${keyFile}: export TRACEWRIGHT_TOKEN=$(cat ${keyFile})
  Ready on http://127.0.0.1:${port}, documentation at http://127.0.0.1:${port}/docs
`;
}
