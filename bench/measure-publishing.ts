import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from './load-client.ts';
import { LoadClient } from './load-client.ts';
import { askFor } from './measure-decisions.ts';
import { publicationOf, publishSet } from './publish-set.ts';
import { type Bench, say, withTargets } from './section.ts';
import { ASKED, CONDITIONS, namespaceSet } from './sets/namespace-set.ts';
import { typical } from './statistics.ts';
import { ADMIN, type Target } from './subject.ts';
import { short, table } from './tables.ts';

const POLICIES = 10_000;
const RUNS = 3;

/** What one publication took. */
interface Publication {
  /** In seconds. */
  readonly cpu: number;
  readonly wall: number;
  /** The longest that another request waited meanwhile, in milliseconds. */
  readonly wait: number;
}

/**
 * Measures publications of 10,000 policies, with a schema's checks and all other gates, and how long other requests wait
 * meanwhile, which are sent one after the other.
 *
 * @returns A Markdown table.
 */
export async function measurePublishing(bench: Bench): Promise<string> {
  return withTargets(bench, async (targets) => {
    const taken = new Map(targets.map((target): [Target, Publication[]] => [target, []]));
    for (const { client } of targets) await client.send(newSet());
    for (const target of targets) await publishSet(target, 'others', namespaceSet(10));
    for (let run = 0; run < RUNS; run += 1)
      for (const [target, publications] of taken) {
        say(`Publishing ${POLICIES} policies, ${target.subject}, ${run + 1} of ${RUNS}`);
        publications.push(await publish(target, run));
      }
    const rows = [...taken].map(([{ subject }, publications]) => {
      const cpu = typical(publications.map((each) => each.cpu));
      const wait = typical(publications.map((each) => each.wait));
      bench.figures.set('publication, CPU s', subject, cpu);
      bench.figures.set('publication, longest wait ms', subject, wait);
      return [subject, short(cpu), short(typical(publications.map((each) => each.wall))), short(wait)];
    });
    return table(
      [`Publishing ${POLICIES} policies`, 'CPU s', 'Seconds', 'Longest wait of another request, ms'],
      rows,
    );
  });
}

async function publish({ server, client }: Target, run: number): Promise<Publication> {
  const others = new LoadClient(server.url);
  let published = false;
  let wait = 0;
  const ask = async (): Promise<void> => {
    for (let number = 0; !published; number += 1) {
      const start = performance.now();
      await others.send(askFor('others', number, 10, [ASKED]));
      wait = Math.max(wait, performance.now() - start);
      await sleep(5);
    }
  };
  // The same policies would be the version that exists.
  const set = namespaceSet(POLICIES - run, CONDITIONS);
  const publication = publicationOf('large', set);
  await others.send(askFor('others', 1_000_000, 10, [ASKED]));
  const [cpu, start] = [server.process.cpuTime(), performance.now()];
  const asking = ask();
  await client.send(publication);
  published = true;
  await asking;
  others.close();
  return {
    cpu: (server.process.cpuTime() - cpu) / 1_000_000,
    wall: (performance.now() - start) / 1_000,
    wait,
  };
}

function newSet(): Call {
  return {
    method: 'POST',
    path: '/policy-sets',
    headers: { ...ADMIN, 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify({ name: 'large' }),
  };
}
