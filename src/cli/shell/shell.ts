import { readFileSync } from 'node:fs';
import { callersPath } from './caller-folder.ts';

/** A request as `fetch` takes it. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** The part of `fetch` that the commands use, so that a local Worker can stand in for the network. */
export type Fetch = (
  url: string,
  init: FetchInit,
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/**
 * What a command uses of the process that runs it. Commands reach the process only through it, so that another program
 * or a test can run them with a shell of its own.
 */
export interface Shell {
  /** The environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly fetch: Fetch;
  /** Turns a path as the user typed it into a path from the working folder of this process. */
  pathOf(path: string): string;
  /** Reads all of stdin. */
  readInput(): string;
  /** Writes a text to stdout as it is. */
  write(text: string): void;
  /** Writes a line of the result to stdout. */
  print(line: string): void;
  /** Writes a line about errors or progress to stderr. */
  note(line: string): void;
}

/** The shell of this Node process. */
export function nodeShell(): Shell {
  return {
    variables: process.env,
    fetch: (url, init) => fetch(url, init),
    pathOf: (path) => callersPath(path, process.env),
    readInput: () => readFileSync(0, 'utf8'),
    write: (text) => void process.stdout.write(text),
    print: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  };
}
