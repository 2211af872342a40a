import { z } from 'zod';
import { JSON_TYPE, post } from './bodies.ts';
import { cpuOf, interleave, type Row } from './interleave.ts';
import { startCerbos } from './peers/cerbos.ts';
import { startOpa } from './peers/opa.ts';
import { BATCH, BATCH_OVERRIDES, checkPeer, type Peer } from './peers/peer.ts';
import { publishSet } from './publish-set.ts';
import { type Bench, present, say } from './section.ts';
import { ASKED, askerOf, namespaceSet } from './sets/namespace-set.ts';
import { startTarget, type Target } from './subject.ts';
import { short, type Table, whole } from './tables.ts';

/** Measures decisions of other engines by the same permits, in the same rounds as ours. @returns Their table. */
export async function measurePeers(bench: Bench): Promise<Table[]> {
  const { counts } = bench.effort;
  const target = await startTarget(present(bench));
  const peers: Peer[] = [];
  try {
    for (const count of counts) await publishSet(target, setOf(count), namespaceSet(count));
    peers.push(...inWorker(target));
    say('Installing and starting Cerbos');
    peers.push(await startCerbos(counts));
    const program = process.env.OPA_BIN;
    if (program === undefined) say('OPA is not measured: OPA_BIN does not name its program.');
    else peers.push(await startOpa(program, counts));
    for (const peer of peers) await checkPeer(peer, counts);
    say(`Measuring ${peers.map(({ name }) => name).join(', ')}`);
    return await measure(bench, peers);
  } finally {
    for (const peer of peers) await peer.stop();
    await target.stop();
  }
}

async function measure(bench: Bench, peers: readonly Peer[]): Promise<Table[]> {
  const rows = bench.effort.counts.flatMap((count): Row<Peer>[] => {
    const asking = (overrides: readonly string[]) => (peer: Peer) => {
      let number = 0;
      return () => peer.ask(count, askerOf(number++, count), overrides);
    };
    // Some look at every policy for each decision.
    const slow = count > 1_000;
    return [
      { name: `one decision, ${whole(count)} policies`, calls: asking([ASKED]), slow },
      {
        name: `a decision in a batch of ${BATCH}, ${whole(count)} policies`,
        calls: asking(BATCH_OVERRIDES),
        each: BATCH,
        slow,
      },
    ];
  });
  const measurements = await interleave(rows, peers, bench.effort);
  for (const { name } of peers.slice(1)) bench.figures.addPeer(name);
  for (const row of measurements.keys())
    for (const peer of peers)
      bench.figures.set(`${peer.name}: ${row.name}`, 'now', cpuOf(measurements, row, peer));
  return [
    {
      head: ['CPU µs, a service never seen', ...peers.map(({ name }) => name)],
      rows: [...measurements.keys()].map((row) => [
        row.name,
        ...peers.map((peer) => short(cpuOf(measurements, row, peer))),
      ]),
    },
  ];
}

const DecisionsSchema = z.looseObject({ decisions: z.array(z.looseObject({ decision: z.string() })) });

/** Tracewright, and what runs in the same Worker. */
function inWorker({ client, process }: Target): Peer[] {
  const peer = (name: string, pathOf: (count: number) => string): Peer => ({
    name,
    client,
    process,
    ask: (count, principal, overrides) =>
      post(pathOf(count), JSON_TYPE, JSON.stringify({ principal, overrides })),
    permitted: (answer) =>
      DecisionsSchema.parse(JSON.parse(answer)).decisions.filter(({ decision }) => decision === 'allow')
        .length,
    // It ends with the Worker.
    stop: async () => {},
  });
  return [
    peer('Tracewright', (count) => `/authorize?policySet=${setOf(count)}`),
    peer('Cedar, whole set', (count) => `/reference/peers/cedar/${count}`),
    peer('casbin', (count) => `/reference/peers/casbin/${count}`),
  ];
}

function setOf(count: number): string {
  return `namespaces-${count}`;
}
