import { z } from 'zod';
import { Exit } from '../exit.ts';
import { say, sayRows } from '../show.ts';
import { print } from './answers.ts';
import { queryOf, workloads } from './arguments.ts';
import { type Command, SET, type Task } from './command.ts';
/** The commands about the workloads of a file. */
export const DECISION_COMMANDS: Readonly<Record<string, Command>> = {
  impact: {
    args: ['<version>', '<file>'],
    summary: 'Show which decisions about the workloads of a file a version would change.',
    options: ['against', 'exit-code', 'json', ...SET],
    run: impact,
  },
  compile: {
    args: ['<file>'],
    summary: 'Compile the workloads of a file, and print the policies.',
    options: ['output', 'namespace', 'version', 'query', ...SET],
    run: async ({ api, options, args: [file = ''] }) => {
      const query = queryOf(options, { output: options.output });
      await print(api, 'POST', `/compile?${query}`, { ...workloads(file), accept: '*/*' });
    },
  },
  authorize: {
    args: ['<file>'],
    summary: 'Decide about the workloads of a file, and print every decision.',
    options: ['namespace', 'version', 'query', 'exit-code', 'json', ...SET],
    run: authorize,
  },
};

async function impact({ api, set, options, args }: Task): Promise<void> {
  const [version = '', file = ''] = args;
  const query = new URLSearchParams({ against: options.against });
  const path = set.path(`/versions/${encodeURIComponent(version)}/impact?${query}`);
  const answer = z.looseObject({
    newDenials: z.int(),
    newPermits: z.int(),
    unchanged: z.int(),
    changes: z.array(
      z.looseObject({
        service: z.string(),
        container: z.string().optional(),
        override: z.string(),
        causes: z.array(z.looseObject({ policy: z.string(), change: z.string() })),
      }),
    ),
  });
  const found = await api.json(answer, 'POST', path, workloads(file));
  if (options.json) say(JSON.stringify(found, null, 2));
  else {
    for (const { service, container = '', override, causes } of found.changes)
      say(
        `${[service, container].join(' ').trim()}: ${override}: ${causes.map(({ policy, change }) => `${policy} (${change})`).join(', ')}`,
      );
    say(`${found.newDenials} new denials, ${found.newPermits} new permits, ${found.unchanged} unchanged.`);
  }
  if (options['exit-code'] && found.newDenials > 0) throw new Exit(1);
}

async function authorize({ api, options, args: [file = ''] }: Task): Promise<void> {
  const answer = z.looseObject({
    decision: z.enum(['allow', 'deny']),
    decisions: z.array(
      z.looseObject({
        service: z.string(),
        container: z.string().optional(),
        override: z.string(),
        decision: z.enum(['allow', 'deny']),
        reason: z.string().optional(),
        policies: z.array(z.looseObject({ id: z.string() })),
      }),
    ),
  });
  const found = await api.json(answer, 'POST', `/authorize?${queryOf(options)}`, workloads(file));
  if (options.json) say(JSON.stringify(found, null, 2));
  else {
    sayRows(
      found.decisions.map(({ decision, service, container = '', override, reason, policies }) => [
        decision,
        service,
        container,
        override,
        [reason, ...policies.map(({ id }) => id)].filter((part) => part !== undefined).join(' '),
      ]),
    );
    say(`${found.decisions.length} decisions: ${found.decision}.`);
  }
  if (options['exit-code'] && found.decision === 'deny') throw new Exit(1);
}
