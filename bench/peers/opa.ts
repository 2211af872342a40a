import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { post } from '../bodies.ts';
import { LoadClient } from '../load-client.ts';
import { ASKED, namespacesOf } from '../sets/namespace-set.ts';
import { startProgram } from './own-process.ts';
import { freePort, type Peer } from './peer.ts';

/** The rules. The permits are data, which OPA looks up by namespace or service. */
const RULES = `package bench

import rego.v1

permits := data.permits[input.count]

permitted(override) if permits.namespaces[input.principal.namespace][override]

permitted(override) if {
	service := sprintf("%s/%s", [input.principal.namespace, input.principal.name])
	permits.services[service][override]
}

decisions := [decision |
	some override in input.overrides
	decision := decide(override)
]

default decide(_) := false

decide(override) if permitted(override)
`;

const AnswerSchema = z.looseObject({ result: z.array(z.boolean()) });

/** Starts OPA from the program that the environment variable OPA_BIN names. */
export async function startOpa(program: string, counts: readonly number[]): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'tracewright-bench-opa-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const [rules, data] = [join(folder, 'bench.rego'), join(folder, 'data.json')];
    writeFileSync(rules, RULES);
    writeFileSync(data, JSON.stringify({ permits: permits(counts) }));
    const url = new URL(`http://127.0.0.1:${await freePort()}`);
    const started = await startProgram(
      program,
      ['run', '--server', '--disable-telemetry', '--log-level=error', `--addr=${url.host}`, rules, data],
      new URL('/health', url),
    );
    const client = new LoadClient(url);
    return {
      name: versionOf(program),
      client,
      process: started.process,
      ask: (count, principal, overrides) =>
        post(
          '/v1/data/bench/decisions',
          'application/json',
          JSON.stringify({ input: { count: String(count), principal, overrides } }),
        ),
      permitted: (answer) => AnswerSchema.parse(JSON.parse(answer)).result.filter(Boolean).length,
      stop: async () => {
        client.close();
        await started.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function permits(counts: readonly number[]): Record<string, unknown> {
  return Object.fromEntries(
    counts.map((count) => {
      const numbers = [...Array(namespacesOf(count)).keys()];
      return [
        String(count),
        {
          namespaces: Object.fromEntries(numbers.map((number) => [`team-${number}`, { [ASKED]: true }])),
          services: Object.fromEntries(
            numbers.map((number) => [
              `team-${number}/worker`,
              { [`allowedBinary:/opt/worker/bin/tool-${(2 * number + 1) % 7}`]: true },
            ]),
          ),
        },
      ];
    }),
  );
}

function versionOf(program: string): string {
  const version = /^Version: (\S+)/m.exec(execFileSync(program, ['version'], { encoding: 'utf8' }))?.[1];
  return `OPA ${version ?? ''}`.trim();
}
