import type { Calls } from './load-client.ts';
import { typical } from './statistics.ts';
import type { Target } from './subject.ts';

/** Something that is measured on each server. */
export interface Row {
  readonly name: string;
  /** The requests to a server. They are made once for each server. */
  readonly calls: (target: Target) => Calls;
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
  /** Only rows whose name contains this text are measured. */
  readonly rows: string;
}

/** What was measured, by row and target. */
export type Measurements = ReadonlyMap<Row, ReadonlyMap<Target, Measured>>;

/** How many requests of each row come before everything that is measured, so that V8 has optimized what they need. */
const FIRST_WARM_UP = 200;

/**
 * Measures rows on servers. In every round each row is measured on each server, one directly after the other, so that a
 * busy moment of the machine affects them alike.
 */
export async function interleave(
  rows: readonly Row[],
  targets: readonly Target[],
  { rounds, seconds, rows: text }: Effort,
): Promise<Measurements> {
  const runs = rows
    .filter(({ name }) => name.includes(text))
    .map((row) => ({
      row,
      runs: targets.map((target) => ({ target, calls: row.calls(target), measured: emptyMeasured() })),
    }));
  for (let round = 0; round < rounds; round += 1)
    for (const { row, runs: each } of runs)
      for (const { target, calls, measured } of round % 2 === 0 ? each : each.toReversed()) {
        const concurrency = row.slow === true ? 1 : undefined;
        const requests = Math.max(row.warmUp ?? 1, round === 0 && row.slow !== true ? FIRST_WARM_UP : 1);
        const warmUp = { milliseconds: (seconds * 1_000) / 4, requests };
        await target.client.load(calls, warmUp, concurrency);
        const before = target.server.process.cpuTime();
        const sample = await target.client.load(calls, { milliseconds: seconds * 1_000 }, concurrency);
        const cpu = target.server.process.cpuTime() - before;
        measured.cpu.push(cpu / sample.latencies.length / (row.each ?? 1));
        measured.perSecond.push(sample.perSecond);
        measured.latencies.push(...sample.latencies);
      }
  return new Map(
    runs.map(({ row, runs: each }) => [row, new Map(each.map(({ target, measured }) => [target, measured]))]),
  );
}

/** The CPU time of a row on a server, in microseconds. */
export function cpuOf(measurements: Measurements, row: Row, target: Target): number {
  return typical(measurements.get(row)?.get(target)?.cpu ?? []);
}

function emptyMeasured(): Measured {
  return { cpu: [], perSecond: [], latencies: [] };
}
