import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerProcess } from '../server-process.ts';

/** A server that was started from a program. */
export interface Program {
  readonly process: ServerProcess;
  stop(): Promise<void>;
}

/** How long a server may take to read its policies, in milliseconds. */
const START_LIMIT = 300_000;

/** Starts a program, and waits until a URL of it answers. */
export async function startProgram(path: string, args: readonly string[], ready: URL): Promise<Program> {
  const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  };
  try {
    await answers(child, ready);
    return { process: new ServerProcess([String(child.pid)]), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answers(child: ChildProcess, url: URL): Promise<void> {
  const start = performance.now();
  while (performance.now() - start < START_LIMIT) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}.`);
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    await sleep(200);
  }
  throw new Error(`${child.spawnfile} does not answer at ${url.href}.`);
}
