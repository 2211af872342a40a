import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from './load-client.ts';
import { LoadClient } from './load-client.ts';
import { askFor } from './measure-decisions.ts';
import { publicationOf, publishSet } from './publish-set.ts';
import { type Bench, largest, say, withTargets } from './section.ts';
import { ASKED, CONDITIONS, namespaceSet } from './sets/namespace-set.ts';
import { typical } from './statistics.ts';
import { ADMIN, type Target } from './subject.ts';
import { figureTable, type Table, whole } from './tables.ts';

/** The most runs; there are no more than rounds. */
const MOST_RUNS = 3;

/** What one publication took. */
interface Publication {
  /** In seconds. */
  readonly cpu: number;
  readonly wall: number;
  /** The longest that another request waited meanwhile, in milliseconds. */
  readonly wait: number;
}

/** What is told of a publication. */
const FIGURES: readonly { readonly name: string; readonly of: (publication: Publication) => number }[] = [
  { name: 'CPU time, s', of: ({ cpu }) => cpu },
  { name: 'until the answer, s', of: ({ wall }) => wall },
  { name: 'longest wait of another request, ms', of: ({ wait }) => wait },
];

/**
 * Measures publications of 10,000 policies, with a schema's checks and all other gates, and how long other requests wait
 * meanwhile, which are sent one after the other.
 *
 * @returns Their table.
 */
export async function measurePublishing(bench: Bench): Promise<Table[]> {
  const policies = largest(bench);
  const runs = Math.min(bench.effort.rounds, MOST_RUNS);
  return withTargets(bench, async (targets) => {
    const taken = new Map(targets.map((target): [Target, Publication[]] => [target, []]));
    for (const { client } of targets) await client.send(newSet());
    for (const target of targets) await publishSet(target, 'others', namespaceSet(10));
    for (let run = 0; run < runs; run += 1)
      for (const [target, publications] of taken) {
        say(`Publishing ${policies} policies, ${target.subject}, ${run + 1} of ${runs}`);
        // Publishing the same policies again would make no version.
        publications.push(await publish(target, policies - run));
      }
    for (const [{ subject }, publications] of taken)
      for (const { name, of } of FIGURES) bench.figures.set(name, subject, typical(publications.map(of)));
    return [
      figureTable(
        `Publishing ${whole(policies)} policies`,
        'Measured',
        FIGURES.map(({ name }) => ({ name, of: (subject) => bench.figures.get(name, subject) })),
        bench.subjects,
      ),
    ];
  });
}

async function publish({ server, client }: Target, policies: number): Promise<Publication> {
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
  const set = namespaceSet(policies, CONDITIONS);
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
