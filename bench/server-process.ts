/**
 * What Linux tells about the process of the server. A Worker cannot measure itself, because its clocks stand still while
 * it computes.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';

/** The ids of the workerd processes that this process has started. */
function servers(): string[] {
  return readdirSync('/proc').filter((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      const parent = / \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, 'utf8'))?.[1];
      return parent === String(process.pid) && readFileSync(`/proc/${id}/comm`, 'utf8').startsWith('workerd');
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}

/** The CPU time that the server has taken so far, in microseconds. It includes the local KV. */
export function cpuTime(): number {
  return microseconds(
    servers().flatMap((id) => readdirSync(`/proc/${id}/task`).map((task) => `${id}/task/${task}`)),
  );
}

/**
 * The part of the CPU time that the main thread has taken, in microseconds. What V8 compiles and collects on other threads
 * is not part of it.
 */
export function mainThreadTime(): number {
  return microseconds(servers().map((id) => `${id}/task/${id}`));
}

function microseconds(tasks: readonly string[]): number {
  const nanoseconds = tasks.map((task) =>
    Number(readFileSync(`/proc/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1_000;
}

/** The most memory that the server has had at one time so far, in MiB. */
export function peakMemory(): number {
  return servers().reduce((sum, id) => {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1];
    return sum + Number(kilobytes ?? 0) / 1_024;
  }, 0);
}
