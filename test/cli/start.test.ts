import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const scratch = mkdtempSync(join(tmpdir(), 'tracewright-start-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** How Node shows where an error was thrown. */
const STACK = /^\s+at .+:\d+:\d+\)?$/m;

interface Started {
  readonly process: ChildProcess;
  readonly said: () => string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

/** What a test that fails leaves running. */
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGTERM');
});

/** Runs what `npm start -- …` runs. */
function start(...args: readonly string[]): Started {
  const child = spawn(process.execPath, ['--import', './src/cli/hooks.ts', 'src/cli/start.ts', ...args], {
    env: { ...process.env, NO_COLOR: '1', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += String(data)));
  running.add(child);
  const ended = once(child, 'exit').then(([code]) => z.number().nullable().parse(code));
  return { process: child, said: () => said, ended };
}

/** Waits until something is said. */
async function until({ said, ended }: Started, text: string): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  while (!said().includes(text)) {
    if (over) throw new Error(`It ended without ${text}:\n${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stop({ process: child, ended }: Started): Promise<number | null> {
  child.kill('SIGINT');
  return ended;
}

/** A port outside of those that the system gives away by itself, which may go to another test file meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    await new Promise((closed) => server.close(closed));
    return port;
  }
}

// One start costs as much as hundreds of other tests, so that these look at the same two, in this order.
describe('npm start, twice with the same state', () => {
  const state = join(scratch, 'state');
  let port: number;
  let key: string;
  let second: Started;

  beforeAll(async () => {
    port = await freePort();
  });

  const caller = () =>
    fetch(`http://127.0.0.1:${port}/caller`, { headers: { authorization: `Bearer ${key}` } });

  test('serves, keeps its key, and says what it published', async () => {
    const first = start('--port', String(port), '--state', state);
    await until(first, 'documentation at');
    expect(first.said()).toMatch(/^Published 14 policies of policies as default version 1 /m);
    expect(first.said()).toContain('policies/management is left out: .policyignore names it.');
    key = /export TRACEWRIGHT_TOKEN=(tw_admin_\S+)$/m.exec(first.said())?.[1] ?? '';
    expect(readFileSync(join(state, 'admin-key'), 'utf8')).toBe(`${key}\n`);
    for (const file of ['admin-key', 'attestation-key', 'requests.log'])
      expect((statSync(join(state, file)).mode & 0o777).toString(8)).toBe('600');

    const banner = first.said();
    expect(await (await caller()).json()).toMatchObject({ kind: 'admin-key' });
    const authorized = await fetch(`http://127.0.0.1:${port}/authorize`, {
      method: 'POST',
      body: '{"principal":{"namespace":"ci","name":"build-runner"},"overrides":["allowedBinary:*"]}',
      headers: { 'content-type': 'application/json' },
    });
    expect(await authorized.json()).toMatchObject({ decision: 'allow' });
    // The banner stays where it is: requests are told of in the file.
    await expect
      .poll(() => readFileSync(join(state, 'requests.log'), 'utf8'))
      .toContain('"authorizeOverrides"');
    expect(first.said()).toBe(banner);
    expect(banner).not.toMatch(/telemetry|metrics/i);
    expect(await stop(first)).toBe(0);
  });

  test('says that it published only when it did, and with --log tells of each request', async () => {
    second = start('--port', String(port), '--state', state, '--log');
    await until(second, 'documentation at');
    expect(second.said()).not.toContain('Published');
    expect(second.said()).toMatch(/^The policies of policies are default version 1 .* already\.$/m);
    expect(second.said()).toContain(`export TRACEWRIGHT_TOKEN=${key}\n`);
    await caller();
    await until(second, '"getCaller"');
  });

  test('leaves no server behind when nobody reads any longer what it says', async () => {
    second.process.stdout?.destroy();
    const serving = () =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        () => true,
        () => false,
      );
    // Each request is told of: the first line that nobody takes ends it.
    await expect.poll(serving, { timeout: 60_000, interval: 200 }).toBe(false);
    expect(await second.ended).toBe(1);
  });
});

describe('npm start', () => {
  test('with TWO_PERSON_RULE it serves, and says how another person activates', async () => {
    const port = await freePort();
    const started = start(
      '--port',
      String(port),
      '--state',
      join(scratch, 'two'),
      '--var',
      'TWO_PERSON_RULE=on',
    );
    await until(started, 'documentation at');
    expect(started.said()).toContain('It is not active: with TWO_PERSON_RULE = "on" another person');
    expect(started.said()).toContain('npm run policies -- activate 1');
    expect(started.said()).not.toMatch(STACK);
    await stop(started);
  });

  test.each([
    { args: ['--help'], code: 0, says: 'Usage: npm start -- [options]' },
    { args: ['--prot', '8788'], code: 2, says: "Unknown option '--prot'" },
    { args: ['8788'], code: 2, says: "Unexpected argument '8788'" },
    { args: ['--port', 'many'], code: 2, says: '--port many: expected a number from 1 to 65535.' },
    { args: ['--port', '0'], code: 2, says: '--port 0: expected' },
    { args: ['--var', 'TWO_PERSON_RULE'], code: 2, says: '--var TWO_PERSON_RULE: expected <NAME>=<value>' },
  ])('$args', async ({ args, code, says }) => {
    const started = start(...args);
    expect(await started.ended).toBe(code);
    expect(started.said()).toContain(says);
    expect(started.said()).not.toMatch(STACK);
  });

  test('a port that is taken, and policies that are not good, are told in words', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = z.object({ port: z.number() }).parse(other.address());
    const taken = start('--port', String(port), '--state', join(scratch, 'taken'));
    expect(await taken.ended).toBe(2);
    expect(taken.said()).toMatch(
      new RegExp(`^Cannot serve on port ${port}: .*EADDRINUSE.* Try npm start -- --port ${port + 1}\\n$`),
    );
    other.close();
    const folder = mkdtempSync(join(scratch, 'bad-'));
    writeFileSync(join(folder, 'a.cedar'), 'permit (principal, action, resource);\n');
    const there = ['--port', String(await freePort()), '--state', join(scratch, 'bad-state'), '--folder'];
    const bad = start(...there, folder);
    expect(await bad.ended).toBe(1);
    expect(bad.said()).toBe(
      `${folder}/a.cedar:1:1: [id] The policy has no @id: decisions and reviews name it by that.\n`,
    );
    const none = start(...there, join(folder, 'none'));
    expect(await none.ended).toBe(2);
    expect(none.said()).toBe(`There is no folder ${folder}/none.\n`);
  });

  test('a key file that holds no key is not taken for one', async () => {
    const state = mkdtempSync(join(scratch, 'torn-'));
    writeFileSync(join(state, 'admin-key'), '\n');
    const started = start('--port', String(await freePort()), '--state', state);
    expect(await started.ended).toBe(1);
    expect(started.said()).toBe(`${state}/admin-key holds no admin key: delete it.\n`);
  });

  test('a setting that is wrong is told in words', async () => {
    const there = ['--port', String(await freePort()), '--state', join(scratch, 'wrong')];
    const started = start(...there, '--var', 'OIDC_ISSUERS=[{');
    expect(await started.ended).toBe(1);
    expect(started.said()).toContain('OIDC_ISSUERS');
    expect(started.said()).not.toMatch(STACK);
  });
});
