import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CommandError, EXIT, messageOf } from '../shell/command-error.ts';
import type { LocalWorker } from './local-worker.ts';

/** A Worker that is being served on this machine. */
export interface Serving {
  /** Resolves to true when the API answers, and to false when the server ended before it did. */
  readonly ready: Promise<boolean>;
  /** Resolves when the server has ended, to its exit code; to null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** The lines that the server writes. */
  readonly lines: Interface;
  /** Ends the server. */
  stop(signal?: NodeJS.Signals): void;
}

/**
 * Checks that nobody listens on a port of the loopback interface. Another server there may be one of ours, with the same
 * data, so this is done before anything is written.
 *
 * @throws CommandError when the port is taken.
 */
export async function refuseTakenPort(port: number): Promise<void> {
  try {
    const probe = createServer().listen(port, '127.0.0.1');
    await once(probe, 'listening');
    await new Promise((resolve) => probe.close(resolve));
  } catch (error) {
    throw new CommandError(
      EXIT.usage,
      `Cannot serve on port ${port}: ${messageOf(error)}. Try npm start -- --port ${port + 1}`,
    );
  }
}

/** Serves the Worker on a port of the loopback interface, as a process of its own. */
export function serveWorker(port: number, { state, settings }: LocalWorker): Serving {
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
      // The banner asks the registry for a newer wrangler. Metrics are of no use here.
      env: { ...process.env, WRANGLER_HIDE_BANNER: 'true', WRANGLER_SEND_METRICS: 'false' },
    },
  );
  const ended = once(server, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  return {
    ready: answers(port, ended),
    ended,
    lines: createInterface(server.stdout),
    stop: (signal) => void server.kill(signal),
  };
}

/** Waits until the API answers. @returns False when the server ended before it did. */
async function answers(port: number, ended: Promise<unknown>): Promise<boolean> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (answer?.ok) return true;
    const over = await Promise.race([ended.then(() => true), sleep(100, false)]);
    if (over) return false;
  }
}

/**
 * Sorts the lines of the server: those about requests go to a file, all others to `print`.
 *
 * @param logFile The file; undefined when all lines are printed.
 */
export function sortLines(
  lines: Interface,
  logFile: string | undefined,
  print: (line: string) => void,
): void {
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  lines.on('line', (line) => {
    if (log !== undefined && isAboutRequest(line)) log.write(`${line}\n`);
    else print(line);
  });
}

/** Whether a line is one of the decision log, or of wrangler about the same request. */
function isAboutRequest(line: string): boolean {
  return (
    line.startsWith('{"event":"request"') ||
    /\[wrangler:info\].* (GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \//.test(line)
  );
}
