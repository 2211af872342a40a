import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ClientError } from '../api-client/client-error.ts';
import { problemLines } from '../api-client/problem-lines.ts';
import { CommandError, EXIT, type ExitCode, messageOf } from '../shell/command-error.ts';
import type { Shell } from '../shell/shell.ts';
import { type KeptKey, keptAdminKey, localSettings } from './local-settings.ts';
import { publishPolicies } from './publish-policies.ts';
import { refuseTakenPort, serveWorker, sortLines } from './serve-worker.ts';
import { readStartOptions, START_USAGE } from './start-options.ts';

/** What ends `npm start` from outside. */
export interface Stops {
  /** Calls the function with each signal that this process is sent. */
  onSignal(stop: (signal: NodeJS.Signals) => void): void;
  /** Calls the function when this process ends, for whatever reason. It must not wait for anything. */
  onExit(stop: () => void): void;
}

/**
 * Runs `npm start`: publishes a policy folder as the active version of the set `default`, makes an admin key for this
 * machine, and serves the Worker until it is stopped.
 *
 * @param args The arguments behind the name of the program.
 * @returns The exit code: 0 when it was stopped, 1 when the Worker ended by itself.
 * @throws CommandError and ClientError for `explainStart`.
 */
export async function runStart(args: readonly string[], shell: Shell, stops: Stops): Promise<number> {
  const { port, folder, state, log, help, settings: given } = readStartOptions(args, shell);
  if (help) {
    shell.print(START_USAGE);
    return EXIT.done;
  }
  await refuseTakenPort(port);
  mkdirSync(state, { recursive: true });
  const admin = await keptAdminKey(state);
  const local = { state, settings: await localSettings(state, admin.key, given) };
  for (const line of await publishPolicies(folder, admin.key, local)) shell.print(line);

  const serving = serveWorker(port, local);
  let stopped = false;
  // However this process ends, the server must not keep running on its port.
  stops.onExit(() => serving.stop());
  stops.onSignal((signal) => {
    stopped = true;
    serving.stop(signal);
  });
  const logFile = log ? undefined : join(state, 'requests.log');
  sortLines(serving.lines, logFile, shell.print);
  void serving.ready.then((isReady) => {
    if (!isReady) return;
    if (logFile !== undefined) shell.print(`A line for each request is written to ${logFile}.`);
    shell.print(banner(port, admin));
  });
  const code = await serving.ended;
  return stopped ? EXIT.done : code || EXIT.negative;
}

/**
 * Writes why `npm start` failed.
 *
 * @returns The exit code.
 */
export function explainStart(error: unknown, shell: Shell): ExitCode {
  shell.note(messageOf(error));
  const problem = error instanceof ClientError ? error.problem : undefined;
  for (const line of problem === undefined ? [] : problemLines(problem)) shell.note(line);
  return error instanceof CommandError ? error.exitCode : EXIT.negative;
}

function banner(port: number, { key, file }: KeptKey): string {
  return `
  ┌──────────────────────────────────────────────────────────────────────────────┐
  │ LOCAL DEVELOPMENT: callers without credentials may compile, authorize, read. │
  │ Changes need the admin key of this machine:                                  │
  └──────────────────────────────────────────────────────────────────────────────┘
  export TRACEWRIGHT_URL=http://127.0.0.1:${port}
  export TRACEWRIGHT_TOKEN=${key}

  The key is kept in ${file}: export TRACEWRIGHT_TOKEN=$(cat ${file})
  Ready on http://127.0.0.1:${port}, documentation at http://127.0.0.1:${port}/docs
`;
}
