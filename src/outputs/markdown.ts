import { type Finding, findingsOf, type ReportInput } from './findings.ts';
import { code, fenced, prose } from './markdown-text.ts';

/** How many findings a comment shows. GitHub accepts 65,536 characters. */
const SHOWN = 50;

/** Marks the comment, so that the next run of a pipeline can find and replace it. */
const MARKER = '<!-- tracewright -->';

/** Writes a Markdown summary, for the comment on a pull request. */
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
    ...permits(denials.slice(0, SHOWN)),
  ];
}

/** The suggested permits. A denial by a forbid has none. Permits for any binary come last. */
function permits(denials: readonly Finding[]): string[] {
  const offered = denials.filter(({ suggestedPermit }) => suggestedPermit !== undefined);
  if (offered.length === 0) return [];
  const wide = ({ subject }: Finding): boolean => subject === 'allowedBinary:*';
  const block = ({ suggestedPermit = '' }: Finding): string[] => [...fenced('cedar', suggestedPermit), ''];
  const widest = offered.filter(wide);
  return [
    '',
    '<details><summary>Permits to ask the platform team for</summary>',
    '',
    ...offered.filter((each) => !wide(each)).flatMap(block),
    ...(widest.length === 0
      ? []
      : ['For any binary at all, where what is said above cannot be done:', '', ...widest.flatMap(block)]),
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
