import { type Build, buildWorker } from './build.ts';
import { type Call, LoadClient } from './load-client.ts';
import { type Bench, say } from './section.ts';
import { startServer } from './server.ts';
import { median } from './statistics.ts';
import { figureTable, type Table } from './tables.ts';

/** The most runs; there are no more than rounds. */
const MOST_RUNS = 9;
const HEALTH: Call = { method: 'GET', path: '/healthz' };

/**
 * Measures the CPU time of a new process of workerd up to its first answer, with the Worker as it is deployed and with an
 * empty one. The difference is what our Worker costs.
 *
 * @returns Their table.
 */
export async function measureStart({ subjects, figures, effort }: Bench): Promise<Table[]> {
  const runs = Math.min(effort.rounds, MOST_RUNS);
  const builds = [
    { name: 'an empty Worker', build: buildWorker('.', 'bench/worker/empty.ts') },
    ...subjects.map(({ name, checkout }) => ({ name, build: buildWorker(checkout, 'src/index.ts') })),
  ];
  try {
    say(`Starting ${builds.length} Workers ${runs} times`);
    const taken = builds.map((each) => ({ ...each, ...noTimes() }));
    for (let run = 0; run < runs; run += 1)
      for (const { build, cpu, main } of taken) {
        const times = await timeStart(build);
        cpu.push(times.cpu);
        main.push(times.main);
      }
    const [empty] = taken;
    const beyond = (subject: string, of: 'cpu' | 'main'): number =>
      median(taken.find(({ name }) => name === subject)?.[of] ?? []) - median(empty?.[of] ?? []);
    for (const { name } of subjects) figures.set('start, CPU ms', name, beyond(name, 'cpu'));
    return [
      figureTable(
        'Start to the first answer',
        'CPU ms',
        [
          { name: 'an empty Worker', of: () => median(empty?.cpu ?? []) },
          { name: 'the Worker, beyond an empty one', of: (subject) => beyond(subject, 'cpu') },
          { name: 'of that, on the main thread', of: (subject) => beyond(subject, 'main') },
        ],
        subjects,
      ),
    ];
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
