import { type Build, buildWorker } from './build.ts';
import { type Call, LoadClient } from './load-client.ts';
import { type Bench, say } from './section.ts';
import { startServer } from './server.ts';
import { median } from './statistics.ts';
import { short, table } from './tables.ts';

const RUNS = 9;
const HEALTH: Call = { method: 'GET', path: '/healthz' };

/**
 * Measures the CPU time of a new process of workerd up to its first answer, with the Worker as it is deployed and with an
 * empty one. The difference is what our Worker costs.
 *
 * @returns A Markdown table.
 */
export async function measureStart({ subjects, figures }: Bench): Promise<string> {
  const builds = [
    { name: 'an empty Worker', build: buildWorker('.', 'bench/worker/empty.ts') },
    ...subjects.map(({ name, checkout }) => ({ name, build: buildWorker(checkout, 'src/index.ts') })),
  ];
  try {
    say(`Starting ${builds.length} Workers ${RUNS} times`);
    const taken = builds.map((each) => ({ ...each, ...noTimes() }));
    for (let run = 0; run < RUNS; run += 1)
      for (const { build, cpu, main } of taken) {
        const times = await timeStart(build);
        cpu.push(times.cpu);
        main.push(times.main);
      }
    const empty = taken[0];
    for (const { name } of subjects) {
      const own = taken.find((each) => each.name === name);
      figures.set('start, CPU ms', name, median(own?.cpu ?? []) - median(empty?.cpu ?? []));
    }
    const beyond = (each: readonly number[], none: readonly number[] = []): string =>
      short(median(each) - median(none));
    return table(
      [
        'Start to the first answer',
        'CPU ms',
        'Beyond the empty Worker, CPU ms',
        'Of that, on the main thread',
      ],
      taken.map(({ name, cpu, main }) => [
        name,
        short(median(cpu)),
        beyond(cpu, empty?.cpu),
        beyond(main, empty?.main),
      ]),
    );
  } finally {
    for (const { build } of builds) build.remove();
  }
}

function noTimes(): { cpu: number[]; main: number[] } {
  return { cpu: [], main: [] };
}

async function timeStart(build: Build): Promise<{ cpu: number; main: number }> {
  const server = await startServer(build);
  const client = new LoadClient(server.url);
  try {
    await client.send(HEALTH);
    return { cpu: server.process.cpuTime() / 1_000, main: server.process.mainThreadTime() / 1_000 };
  } finally {
    client.close();
    await server.stop();
  }
}
