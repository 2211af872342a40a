import { execFile } from 'node:child_process';
import { runPolicies as run } from '../../src/cli/policies/run-policies.ts';
import { nodeShell } from '../../src/cli/shell/shell.ts';

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Variables = Readonly<Record<string, string>>;

/**
 * Runs a command of `npm run policies` in this process. What a process adds to the command is little: its start, its
 * exit code and its output (src/cli/policies-command.ts), which {@link runPoliciesProcess} is for.
 */
export async function runPolicies(args: readonly string[], variables: Variables = {}): Promise<Ended> {
  const said = { out: '', err: '' };
  const code = await run(args, {
    ...nodeShell(),
    variables: { ...process.env, ...variables },
    write(text) {
      said.out += text;
    },
    print(line) {
      said.out += `${line}\n`;
    },
    note(line) {
      said.err += `${line}\n`;
    },
  });
  return { code, ...said };
}

/** Runs a command as `npm run policies -- …` does: in a process of its own. */
export function runPoliciesProcess(args: readonly string[], variables: Variables = {}): Promise<Ended> {
  const node = ['--import', './src/cli/hooks.ts', 'src/cli/policies-command.ts', ...args];
  const env = { ...process.env, NO_COLOR: '1', ...variables };
  return new Promise((resolve) => {
    execFile(process.execPath, node, { env }, (error, out, err) => {
      resolve({ code: Number(error?.code ?? 0), out, err });
    });
  });
}
