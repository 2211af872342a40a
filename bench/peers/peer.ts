import { createServer } from 'node:net';
import type { Measurable } from '../interleave.ts';
import type { Call } from '../load-client.ts';
import { ASKED, type Asker, askerOf } from '../sets/namespace-set.ts';

/** How many decisions a batch has. */
export const BATCH = 100;

/** The overrides of a batch: the one that the policies permit, and further binaries. */
export const BATCH_OVERRIDES: readonly string[] = Array.from({ length: BATCH }, (_, number) =>
  number === 0 ? ASKED : `allowedBinary:/opt/tool-${number}/bin/run`,
);

/** A running engine that decides by the same permits. */
export interface Peer extends Measurable {
  readonly name: string;
  /** Asks whether a workload may have some overrides, by a set of so many policies. */
  ask(count: number, asker: Asker, overrides: readonly string[]): Call;
  /** How many overrides an answer permits. */
  permitted(answer: string): number;
  stop(): Promise<void>;
}

/** Checks that a peer decides as the policies say: it permits one override, of one asked for and of a batch. */
export async function checkPeer(peer: Peer, counts: readonly number[]): Promise<void> {
  for (const count of counts)
    for (const overrides of [[ASKED], BATCH_OVERRIDES]) {
      const answer = await peer.client.send(peer.ask(count, askerOf(0, count), overrides));
      if (peer.permitted(answer) !== 1)
        throw new Error(`${peer.name} does not decide as ${count} policies say: ${answer.slice(0, 1_000)}`);
    }
}

/** A port of the loopback interface that nothing listens on. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('There is no free port.')),
      );
    });
  });
}
