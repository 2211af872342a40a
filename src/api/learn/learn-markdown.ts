import { workloadId } from '../../compiler/model/workload.ts';
import type { LearntWorkload } from '../../learn/learn.ts';
import type { LearntContainer } from '../../learn/propose.ts';
import type { PolicyVerdict, Verdict } from '../../learn/verdicts.ts';
import { code, fenced, prose } from '../../outputs/markdown-text.ts';
import type { LearnOutcome } from './learn-answer.ts';

/** Marks the comment, so that the next run of a pipeline can find and replace it. */
const MARKER = '<!-- tracewright learn -->';

/** The most rows of one table. GitHub accepts 65,536 characters in all. */
const ROWS = 40;

/** The most services that are shown in full. */
const SERVICES = 20;

const SYMBOLS: Readonly<Record<Verdict, string>> = {
  ready: '✅ ready',
  'not-ready': '❌ not ready',
  'not-enough-seen': '⏳ not enough seen',
  'no-policy': '– no policy',
};

/** Writes what was learnt as Markdown, for a pull request. */
export function learnMarkdown({ learnt, counts, decisions }: LearnOutcome): string {
  const denied = decisions.filter(({ decision }) => decision === 'deny');
  const permits = [...new Set(denied.flatMap(({ suggestedPermit }) => suggestedPermit ?? []))];
  const events = counts.exec + counts.exit + counts.kprobe;
  return [
    MARKER,
    `## Tracewright: what ran in ${plural(learnt.length, 'workload')}`,
    '',
    `${plural(events, 'event')} of Tetragon. What was learnt is a request: ${denied.length === 0 ? 'every override that it needs is permitted.' : `${plural(denied.length, 'override')} of it ${denied.length === 1 ? 'is' : 'are'} not permitted yet.`}`,
    ...learnt.slice(0, SERVICES).flatMap(section),
    ...more(learnt.length, SERVICES, 'workloads'),
    ...(permits.length === 0
      ? []
      : [
          '',
          '<details><summary>Permits to ask the platform team for</summary>',
          '',
          ...permits.slice(0, ROWS).flatMap((permit) => [...fenced('cedar', permit), '']),
          ...more(permits.length, ROWS, 'permits'),
          '</details>',
        ]),
    '',
  ].join('\n');
}

function section({ workload, containers, policies }: LearntWorkload): string[] {
  const added = containers.flatMap(addedRows);
  const left = containers.flatMap(leftRows);
  return [
    '',
    `### ${code(workloadId(workload))}`,
    '',
    '| Policy | Would it survive? | Why |',
    '| --- | --- | --- |',
    ...policies.map(verdictRow),
    ...table('Added to the allowlist', ['Container', 'Binary', 'Started'], added),
    ...table('Left out', ['Container', 'Binary', 'Started', 'Why'], left),
    ...changes(policies),
  ];
}

function verdictRow({ policy, verdict, reasons }: PolicyVerdict): string {
  return `| ${code(policy)} | ${SYMBOLS[verdict]} | ${reasons.map(prose).join(' ')} |`;
}

function addedRows({ container, binaries }: LearntContainer): string[][] {
  return binaries
    .filter(({ proposed }) => proposed)
    .map(({ path, seen }) => [code(container.name), code(path), `${seen?.runs ?? 0}×`]);
}

function leftRows({ container, binaries }: LearntContainer): string[][] {
  return binaries
    .filter(({ status, proposed }) => status === 'missing' && !proposed)
    .map(({ path, seen, classes, unlistable }) => [
      code(container.name),
      code(path),
      `${seen?.runs ?? 0}×`,
      [...(unlistable === undefined ? [] : [unlistable]), ...classes.map(({ reason }) => reason)]
        .map(prose)
        .join(' '),
    ]);
}

function table(title: string, columns: readonly string[], rows: readonly string[][]): string[] {
  if (rows.length === 0) return [];
  return [
    '',
    `**${title}**`,
    '',
    `| ${columns.join(' | ')} |`,
    `|${' --- |'.repeat(columns.length)}`,
    ...rows.slice(0, ROWS).map((row) => `| ${row.join(' | ')} |`),
    ...more(rows.length, ROWS, 'rows'),
  ];
}

function changes(policies: readonly PolicyVerdict[]): string[] {
  const all = policies.flatMap((policy) => policy.changes);
  if (all.length === 0) return [];
  return [
    '',
    '**To change**',
    '',
    ...all.slice(0, ROWS).map((change) => `- ${prose(change)}`),
    ...more(all.length, ROWS, 'changes'),
  ];
}

function more(found: number, shown: number, what: string): string[] {
  return found <= shown ? [] : ['', `… and ${found - shown} more ${what}: output=json has them all.`];
}

function plural(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}
