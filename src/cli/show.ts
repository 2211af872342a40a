import type { ClientError } from './client.ts';

/** Prints a line to stdout: a result, which another program may read. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** Prints a line to stderr: what is said to the person at the terminal. */
export const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Prints rows with their columns one below the other. */
export function sayRows(rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  for (const row of rows)
    say(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/** A problem of the API with all that it lists, on stderr. */
export function tellProblem({ problem }: ClientError): void {
  for (const { message, policy, parameter, header, pointer, line, column } of problem?.faults ?? []) {
    const place = line === undefined ? undefined : `line ${line}:${column ?? 1}`;
    const about = [policy ?? parameter ?? header, place, pointer].filter((part) => part !== undefined);
    tell(`  ${[about.join(' '), message].filter((part) => part !== '').join(': ')}`);
  }
  for (const { service, container, override, reason = '', line, suggestedPermit } of problem?.denials ?? []) {
    const who = [service, container].filter((part) => part !== undefined).join(' ');
    tell(`  ${who}${line === undefined ? '' : ` (line ${line})`}: ${override} is denied: ${reason}`);
    if (suggestedPermit !== undefined) tell(suggestedPermit.replace(/^/gm, '      '));
  }
  for (const { service, container, override, causes } of problem?.changes ?? []) {
    const why =
      causes.map(({ policy, change }) => `${policy} (${change})`).join(', ') || 'no policy permits it';
    tell(`  ${[service, container].filter((part) => part !== undefined).join(' ')}: ${override}: ${why}`);
  }
  const permission = problem?.permission;
  if (permission !== undefined)
    tell(`  ${permission.caller} may not ${permission.action} ${permission.resource}: ${permission.reason}`);
}
