import { readdirSync, readFileSync } from 'node:fs';

/**
 * What Linux tells about the process of a server. A Worker cannot measure itself, because its clocks stand still while it
 * computes.
 */
export class ServerProcess {
  readonly #ids: readonly string[];

  /** @param ids The ids of its processes. */
  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  /** Finds what is started next. @returns A function that finds it, to be called when it has started. */
  static next(program = 'workerd'): () => ServerProcess {
    const known = new Set(children(program));
    return () => new ServerProcess(children(program).filter((id) => !known.has(id)));
  }

  /** The CPU time that it has taken so far, in microseconds. It includes the local KV. */
  cpuTime(): number {
    return microseconds(
      this.#ids.flatMap((id) => readdirSync(`/proc/${id}/task`).map((task) => `${id}/task/${task}`)),
    );
  }

  /**
   * The part of the CPU time that the main thread has taken, in microseconds. What V8 compiles and collects on other
   * threads is not part of it.
   */
  mainThreadTime(): number {
    return microseconds(this.#ids.map((id) => `${id}/task/${id}`));
  }

  /** The most memory that it has had at one time so far, in MiB. */
  peakMemory(): number {
    return this.#ids.reduce((sum, id) => {
      const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1];
      return sum + Number(kilobytes ?? 0) / 1_024;
    }, 0);
  }
}

/** The ids of the processes of a program that this process has started. */
function children(program: string): string[] {
  return readdirSync('/proc').filter((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      const parent = / \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, 'utf8'))?.[1];
      return parent === String(process.pid) && readFileSync(`/proc/${id}/comm`, 'utf8').startsWith(program);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}

function microseconds(tasks: readonly string[]): number {
  const nanoseconds = tasks.map((task) => {
    try {
      return Number(readFileSync(`/proc/${task}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // The thread ended meanwhile.
      return 0;
    }
  });
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1_000;
}
