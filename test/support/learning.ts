import { DEFAULT_OPTIONS } from '../../src/compiler/model/options.ts';
import type { Workload } from '../../src/compiler/model/workload.ts';
import { readEvent } from '../../src/events/tetragon-event.ts';
import { type LearntWorkload, learn } from '../../src/learn/learn.ts';
import type { LearnOptions } from '../../src/learn/learn-options.ts';
import { Observer } from '../../src/learn/observer.ts';

/** Options that ask for little, so that a few events are enough. */
export const LEARN_OPTIONS: LearnOptions = {
  include: new Set(),
  minPods: 1,
  minHours: 0,
  minStarts: 1,
  monitored: true,
  compile: DEFAULT_OPTIONS,
};

/** What an observer of some workloads has kept of events, given as their JSON. */
export function observe(workloads: readonly Workload[], events: readonly unknown[]): Observer {
  const observer = new Observer(workloads);
  for (const event of events) {
    const read = readEvent(event);
    if (!read.ok) throw new Error(`no event: ${read.reason}`);
    observer.take(read.event);
  }
  return observer;
}

/** What is learnt of one workload. */
export function learnt(
  workload: Workload,
  events: readonly unknown[],
  options: Partial<LearnOptions> = {},
  dropped = 0,
): LearntWorkload {
  return learn(workload, observe([workload], events).observations, dropped, { ...LEARN_OPTIONS, ...options });
}
