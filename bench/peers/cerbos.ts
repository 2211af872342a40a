import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { post } from '../bodies.ts';
import { LoadClient } from '../load-client.ts';
import { ASKED, namespacesOf } from '../sets/namespace-set.ts';
import { startProgram } from './own-process.ts';
import { BATCH, freePort, type Peer } from './peer.ts';

/** The release of Cerbos that is measured, as its package on npm names it. */
const PACKAGE = '@cerbos/cerbos-linux-x64';
const RELEASE = '0.55.0';

const AnswerSchema = z.looseObject({
  results: z.array(z.looseObject({ actions: z.record(z.string(), z.string()) })),
});

/**
 * Installs Cerbos from npm into a temporary folder, and starts it. Each namespace is a scope, whose policy permits its
 * services what they ask for, and one service something else. So Cerbos has to look at one policy, as our index does.
 */
export async function startCerbos(counts: readonly number[]): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'tracewright-bench-cerbos-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `${PACKAGE}@${RELEASE}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const count of counts) writePolicies(join(folder, 'policies'), count);
    const [http, grpc] = [await freePort(), await freePort()];
    const config = join(folder, 'config.yaml');
    writeFileSync(config, configOf(join(folder, 'policies'), http, grpc));
    const url = new URL(`http://127.0.0.1:${http}`);
    const program = await startProgram(
      join(folder, 'node_modules', PACKAGE, 'cerbos-linux-x64'),
      ['server', `--config=${config}`, '--log-level=error'],
      new URL('/_cerbos/health', url),
    );
    const client = new LoadClient(url);
    return {
      name: `Cerbos ${RELEASE}`,
      client,
      process: program.process,
      ask: (count, asker, overrides) =>
        post('/api/check/resources', 'application/json', question(count, asker, overrides)),
      permitted: (answer) =>
        AnswerSchema.parse(JSON.parse(answer)).results.filter(
          ({ actions }) => actions.permit === 'EFFECT_ALLOW',
        ).length,
      stop: async () => {
        client.close();
        await program.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function question(
  count: number,
  { namespace, name, labels }: Parameters<Peer['ask']>[1],
  overrides: readonly string[],
): string {
  return JSON.stringify({
    principal: { id: `${namespace}/${name}`, roles: ['service'], attr: { namespace, name, labels } },
    resources: overrides.map((id) => ({
      resource: { kind: `override-${count}`, id, scope: namespace, attr: { category: 'binary' } },
      actions: ['permit'],
    })),
  });
}

function writePolicies(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, scope: string | undefined, rules: readonly object[]): void => {
    const policy = {
      resource: `override-${count}`,
      version: 'default',
      ...(scope === undefined ? {} : { scope }),
      rules,
    };
    writeFileSync(
      join(folder, `${count}-${name}.json`),
      JSON.stringify({ apiVersion: 'api.cerbos.dev/v1', resourcePolicy: policy }),
    );
  };
  // Every scope needs the policy above it.
  write('root', undefined, []);
  for (let number = 0; number < namespacesOf(count); number += 1) {
    const namespace = `team-${number}`;
    write(namespace, namespace, [
      rule(`R.id == "${ASKED}"`),
      rule(
        `P.id == "${namespace}/worker" && R.id == "allowedBinary:/opt/worker/bin/tool-${(2 * number + 1) % 7}"`,
      ),
    ]);
  }
}

function rule(expression: string): object {
  return {
    actions: ['permit'],
    effect: 'EFFECT_ALLOW',
    roles: ['service'],
    condition: { match: { expr: expression } },
  };
}

function configOf(policies: string, http: number, grpc: number): string {
  return JSON.stringify({
    server: {
      httpListenAddr: `127.0.0.1:${http}`,
      grpcListenAddr: `127.0.0.1:${grpc}`,
      requestLimits: { maxResourcesPerRequest: BATCH },
    },
    storage: { driver: 'disk', disk: { directory: policies, watchForChanges: false } },
    telemetry: { disabled: true },
  });
}
