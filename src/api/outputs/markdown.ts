import { type Finding, findingsOf, type ReportInput } from './findings.ts';

/** How many findings a comment shows: GitHub takes 65,536 characters. */
const SHOWN = 50;

/** Marks the comment of an earlier run, so that a pipeline can replace it. */
const MARKER = '<!-- tracewright -->';

/** A Markdown summary, for the comment on a pull request. */
export function toMarkdown(input: ReportInput): string {
  const findings = findingsOf(input);
  const denials = findings.filter(({ level }) => level === 'error');
  const notices = findings.filter(({ level }) => level !== 'error');
  const { name, version, digest } = input.policySet;
  return [
    MARKER,
    `## ${headline(input, denials.length)}`,
    '',
    `${count(input.services.length, 'workload')}, ${count(input.decisions.length, 'override')} decided by ${code(name)} version ${version} (${code(digest.slice(0, 19))}).`,
    ...(denials.length === 0 ? [] : denialTable(denials, input.path)),
    ...(notices.length === 0 ? [] : noticeTable(notices, input.path)),
    '',
  ].join('\n');
}

function headline({ manifests }: ReportInput, denials: number): string {
  return manifests === undefined
    ? `❌ Tracewright: ${count(denials, 'override')} denied`
    : `✅ Tracewright: permitted, ${count(manifests, 'policy', 'policies')}`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function denialTable(denials: readonly Finding[], path: string | undefined): string[] {
  return [
    '',
    '| Where | Override | Why |',
    '| --- | --- | --- |',
    ...denials
      .slice(0, SHOWN)
      .map((finding) => `| ${place(finding, path)} | ${code(finding.subject)} | ${prose(finding.message)} |`),
    ...more(denials.length),
    '',
    '<details><summary>Permits to ask the platform team for</summary>',
    '',
    ...denials
      .slice(0, SHOWN)
      .flatMap(({ suggestedPermit }) =>
        suggestedPermit === undefined ? [] : ['```cedar', fenced(suggestedPermit), '```', ''],
      ),
    '</details>',
  ];
}

function noticeTable(notices: readonly Finding[], path: string | undefined): string[] {
  return [
    '',
    `<details><summary>${count(notices.length, 'notice')}</summary>`,
    '',
    '| Where | Notice | What it means |',
    '| --- | --- | --- |',
    ...notices
      .slice(0, SHOWN)
      .map((finding) => `| ${place(finding, path)} | ${code(finding.rule)} | ${prose(finding.message)} |`),
    ...more(notices.length),
    '',
    '</details>',
  ];
}

function more(found: number): string[] {
  return found <= SHOWN ? [] : ['', `… and ${found - SHOWN} more: the other outputs list them all.`];
}

function place({ line, service }: Finding, path: string | undefined): string {
  if (path === undefined) return line === undefined ? code(service) : `line ${line}`;
  return code(line === undefined ? path : `${path}:${line}`);
}

/** Text in a table: nothing in it is markup, a link or a mention. */
function prose(text: string): string {
  return oneLine(text).replaceAll(/[&<>|*_`[\]\\@#~]/g, (each) => `&#${each.charCodeAt(0)};`);
}

/** A code span in a table. Entities have no effect in one, so backticks become apostrophes and bars are escaped. */
function code(text: string): string {
  const plain = oneLine(text).replaceAll('`', "'").replaceAll('\\', '\\\\').replaceAll('|', '\\|');
  return plain === '' ? '' : `\`${plain}\``;
}

/** Text between fences: it must not hold one. */
function fenced(text: string): string {
  return text.replaceAll('```', "'''");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/\p{C}/gu, '\ufffd');
}
