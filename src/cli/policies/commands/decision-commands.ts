import { z } from 'zod';
import { EXIT, type ExitCode } from '../../shell/command-error.ts';
import { printRows } from '../../shell/print-rows.ts';
import { type CommandFamily, SET_OPTIONS, type Task } from '../command.ts';
import { decisionQuery } from '../option-values.ts';
import { printAnswer } from '../print-answers.ts';
import { workloadsBody } from '../workload-file.ts';

/** The commands that decide about the workloads of a file. */
export const DECISION_COMMANDS: CommandFamily = {
  impact: {
    args: ['<version>', '<file>'],
    summary: 'Show which decisions about the workloads of a file a version would change.',
    options: ['against', 'exit-code', 'json', ...SET_OPTIONS],
    run: impact,
  },
  compile: {
    args: ['<file>'],
    summary: 'Compile the workloads of a file, and print the policies.',
    options: ['output', 'namespace', 'version', 'query', ...SET_OPTIONS],
    run: compile,
  },
  authorize: {
    args: ['<file>'],
    summary: 'Decide about the workloads of a file, and print every decision.',
    options: ['namespace', 'version', 'query', 'exit-code', 'json', ...SET_OPTIONS],
    run: authorize,
  },
};

/** What both a decision and a change of one are about. */
const subject = { service: z.string(), container: z.string().optional(), override: z.string() };

const ImpactAnswerSchema = z.looseObject({
  newDenials: z.int(),
  newPermits: z.int(),
  unchanged: z.int(),
  changes: z.array(
    z.looseObject({
      ...subject,
      causes: z.array(z.looseObject({ policy: z.string(), change: z.string() })),
    }),
  ),
});

const DecisionSchema = z.enum(['allow', 'deny']);
const AuthorizeAnswerSchema = z.looseObject({
  decision: DecisionSchema,
  decisions: z.array(
    z.looseObject({
      ...subject,
      decision: DecisionSchema,
      reason: z.string().optional(),
      policies: z.array(z.looseObject({ id: z.string() })),
    }),
  ),
});

async function impact({ shell, api, set, options, args }: Task): Promise<ExitCode> {
  const [version = '', file = ''] = args;
  const query = new URLSearchParams({ against: options.against });
  const path = set.path(`/versions/${encodeURIComponent(version)}/impact?${query}`);
  const found = await api.json(ImpactAnswerSchema, 'POST', path, workloadsBody(shell, file));
  const { newDenials, newPermits, unchanged, changes } = found;
  if (options.json) shell.print(JSON.stringify(found, null, 2));
  else {
    for (const { service, container = '', override, causes } of changes) {
      const workload = [service, container].join(' ').trim();
      const why = causes.map(({ policy, change }) => `${policy} (${change})`).join(', ');
      shell.print(`${workload}: ${override}: ${why}`);
    }
    shell.print(`${newDenials} new denials, ${newPermits} new permits, ${unchanged} unchanged.`);
  }
  return options['exit-code'] && newDenials > 0 ? EXIT.negative : EXIT.done;
}

function compile(task: Task): Promise<ExitCode> {
  const {
    shell,
    options,
    args: [file = ''],
  } = task;
  const query = decisionQuery(options, { output: options.output });
  return printAnswer(task, 'POST', `/compile?${query}`, { ...workloadsBody(shell, file), accept: '*/*' });
}

async function authorize({ shell, api, options, args: [file = ''] }: Task): Promise<ExitCode> {
  const path = `/authorize?${decisionQuery(options)}`;
  const found = await api.json(AuthorizeAnswerSchema, 'POST', path, workloadsBody(shell, file));
  if (options.json) shell.print(JSON.stringify(found, null, 2));
  else {
    const rows = found.decisions.map(({ decision, service, container = '', override, reason, policies }) => [
      decision,
      service,
      container,
      override,
      [reason, ...policies.map(({ id }) => id)].filter((part) => part !== undefined).join(' '),
    ]);
    printRows(shell, rows);
    shell.print(`${found.decisions.length} decisions: ${found.decision}.`);
  }
  return options['exit-code'] && found.decision === 'deny' ? EXIT.negative : EXIT.done;
}
