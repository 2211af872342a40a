import type { AnsweredProblem } from './client-error.ts';

/** Everything that a problem of the API lists, as lines for the user. Its title and detail are not among them. */
export function problemLines(problem: AnsweredProblem): string[] {
  return [
    ...(problem.faults ?? []).map(faultLine),
    ...(problem.denials ?? []).flatMap(denialLines),
    ...(problem.changes ?? []).map(changeLine),
    ...(problem.permission === undefined ? [] : [permissionLine(problem.permission)]),
  ];
}

type Item<Field extends 'faults' | 'denials' | 'changes'> = NonNullable<AnsweredProblem[Field]>[number];

function faultLine({ message, policy, parameter, header, pointer, line, column }: Item<'faults'>): string {
  const place = line === undefined ? undefined : `line ${line}:${column ?? 1}`;
  const about = [policy ?? parameter ?? header, place, pointer].filter((part) => part !== undefined);
  return `  ${[about.join(' '), message].filter((part) => part !== '').join(': ')}`;
}

function denialLines(denial: Item<'denials'>): string[] {
  const { override, reason = '', line, suggestedPermit } = denial;
  const place = line === undefined ? '' : ` (line ${line})`;
  const denied = `  ${workloadOf(denial)}${place}: ${override} is denied: ${reason}`;
  return suggestedPermit === undefined ? [denied] : [denied, suggestedPermit.replace(/^/gm, '      ')];
}

function changeLine(change: Item<'changes'>): string {
  const causes = change.causes.map(({ policy, change }) => `${policy} (${change})`).join(', ');
  return `  ${workloadOf(change)}: ${change.override}: ${causes || 'no policy permits it'}`;
}

function permissionLine(permission: NonNullable<AnsweredProblem['permission']>): string {
  const { caller, action, resource, reason } = permission;
  return `  ${caller} may not ${action} ${resource}: ${reason}`;
}

function workloadOf({
  service,
  container,
}: {
  readonly service: string;
  readonly container?: string | undefined;
}): string {
  return [service, container].filter((part) => part !== undefined).join(' ');
}
