import type { Effort } from './interleave.ts';
import { type Subject, startTarget, type Target } from './subject.ts';
import type { Table } from './tables.ts';

/** What a section of the benchmark is given. */
export interface Bench {
  /** What is measured. The last is the checkout of the benchmark. */
  readonly subjects: readonly Subject[];
  readonly effort: Effort;
  readonly figures: Figures;
}

/** Measures one thing. @returns Its tables. */
export type Section = (bench: Bench) => Promise<readonly Table[]>;

/** The subject that is measured where nothing is compared. */
export function present({ subjects }: Bench): Subject {
  const subject = subjects.at(-1);
  if (subject === undefined) throw new Error('There is nothing to measure.');
  return subject;
}

/** The size of the largest policy set. */
export function largest({ effort }: Bench): number {
  return effort.counts.at(-1) ?? 0;
}

/** Does something with a server for each subject, all of which run at the same time. */
export async function withTargets<T>(
  { subjects }: Bench,
  work: (targets: readonly Target[]) => Promise<T>,
): Promise<T> {
  const targets: Target[] = [];
  try {
    for (const subject of subjects) targets.push(await startTarget(subject));
    return await work(targets);
  } finally {
    for (const target of targets) await target.stop();
  }
}

/** Figures that are compared with others at the end, by their name and subject. */
export class Figures {
  readonly #values = new Map<string, number>();
  readonly #peers: string[] = [];

  /** Keeps a figure. */
  set(name: string, subject: Subject['name'], value: number): void {
    this.#values.set(`${subject} ${name}`, value);
  }

  /** Notes that another engine was measured. */
  addPeer(name: string): void {
    this.#peers.push(name);
  }

  /** The other engines that were measured. */
  peers(): readonly string[] {
    return this.#peers;
  }

  /** A figure; NaN when it was not measured. */
  get(name: string, subject: Subject['name']): number {
    return this.#values.get(`${subject} ${name}`) ?? Number.NaN;
  }
}

/** Tells on the standard error what is being done, because a section takes minutes. */
export function say(what: string): void {
  process.stderr.write(`${what}\n`);
}
