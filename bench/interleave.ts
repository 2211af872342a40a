import type { Calls, LoadClient } from './load-client.ts';
import type { ServerProcess } from './server-process.ts';
import { typical } from './statistics.ts';
import type { Target } from './subject.ts';

/** A server of which CPU time can be measured. */
export interface Measurable {
  readonly client: LoadClient;
  readonly process: ServerProcess;
}

/** Something that is measured on each server. */
export interface Row<T extends Measurable = Target> {
  readonly name: string;
  /** The requests to a server. They are made once for each server. */
  readonly calls: (target: T) => Calls;
  /** What one request does several times: its CPU time is divided by this. */
  readonly each?: number;
  /** How many requests come before each measurement, such as a whole cycle. */
  readonly warmUp?: number;
  /** A request may take so long that only few are sent, one after the other. */
  readonly slow?: boolean;
}

/** What was measured of a row on one server. */
export interface Measured {
  /** The CPU time of the server for one, in microseconds, in each round. */
  readonly cpu: number[];
  readonly perSecond: number[];
  /** Of all requests of all rounds, in milliseconds. */
  readonly latencies: number[];
}

/** How long something is measured. */
export interface Effort {
  /** How often each thing is measured. */
  readonly rounds: number;
  /** How long it is measured each time. */
  readonly seconds: number;
  /** Whether nothing is sent before what is measured. */
  readonly unprepared: boolean;
  /** The sizes of policy sets, the smallest first. */
  readonly counts: readonly number[];
  /** Only rows whose name contains this text are measured. */
  readonly rows: string;
}

/** What was measured, by row and target. */
export type Measurements<T extends Measurable = Target> = ReadonlyMap<Row<T>, ReadonlyMap<T, Measured>>;

/** What comes before the first round of each row, so that V8 has optimized what it needs. */
const FIRST = { milliseconds: 0, requests: 300, atMost: 3_000 };

/**
 * Measures rows on servers. In every round each row is measured on each server, one directly after the other, so that a
 * busy moment of the machine affects them alike.
 */
export async function interleave<T extends Measurable>(
  rows: readonly Row<T>[],
  targets: readonly T[],
  { rounds, seconds, unprepared, rows: text }: Effort,
): Promise<Measurements<T>> {
  const runs = rows
    .filter(({ name }) => name.includes(text))
    .map((row) => ({
      row,
      runs: targets.map((target) => ({ target, calls: row.calls(target), measured: emptyMeasured() })),
    }));
  // All of them before the first is measured: the code that rows share would be slower for those that come first.
  if (!unprepared)
    for (const { row, runs: each } of runs)
      for (const { target, calls } of each) await target.client.load(calls, FIRST, concurrencyOf(row));
  for (let round = 0; round < rounds; round += 1)
    for (const { row, runs: each } of inTurn(runs, round))
      for (const { target, calls, measured } of inTurn(each, round)) {
        const concurrency = concurrencyOf(row);
        if (!unprepared) {
          const quarter = { milliseconds: (seconds * 1_000) / 4, requests: row.warmUp ?? 1 };
          await target.client.load(calls, quarter, concurrency);
        }
        const before = target.process.cpuTime();
        const sample = await target.client.load(calls, { milliseconds: seconds * 1_000 }, concurrency);
        const cpu = target.process.cpuTime() - before;
        measured.cpu.push(cpu / sample.latencies.length / (row.each ?? 1));
        measured.perSecond.push(sample.perSecond);
        measured.latencies.push(...sample.latencies);
      }
  return new Map(
    runs.map(({ row, runs: each }) => [row, new Map(each.map(({ target, measured }) => [target, measured]))]),
  );
}

/** Every other round goes backwards, because a row pays for some garbage of the row before it. */
function inTurn<T>(each: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? each : each.toReversed();
}

function concurrencyOf<T extends Measurable>({ slow }: Row<T>): number | undefined {
  return slow === true ? 1 : undefined;
}

/** The CPU time of a row on a server, in microseconds. */
export function cpuOf<T extends Measurable>(measurements: Measurements<T>, row: Row<T>, target: T): number {
  return typical(measurements.get(row)?.get(target)?.cpu ?? []);
}

function emptyMeasured(): Measured {
  return { cpu: [], perSecond: [], latencies: [] };
}
