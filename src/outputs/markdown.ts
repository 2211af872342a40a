import { visibleText } from '../http/visible-text.ts';
import { type Finding, findingsOf, type ReportInput } from './findings.ts';

/** How many findings a comment shows. GitHub accepts 65,536 characters. */
const SHOWN = 50;

/** The longest text of a cell, in characters. */
const LONGEST = 1_000;

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
  const block = ({ suggestedPermit = '' }: Finding): string[] => [...fenced(suggestedPermit), ''];
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

/** Words that no renderer changes: letters or a short number, with punctuation. */
const PLAIN = /^\(?(?:[A-Za-z]+(?:['-][A-Za-z]+)*|[0-9]{1,5})[.,;:)]*$/;
/** Words that GitHub and GitLab may turn into a link to a commit. */
const HEXADECIMAL = /^\(?[0-9a-f]{7,40}[.,;:)]*$/;
/** A word with its opening bracket and its punctuation, which stay outside of the code span. */
const WORD = /^(\(?)(.*?)([.,;:)]*)$/s;

/**
 * Writes text for a table so that no part of it becomes markup, a link, a mention or a reference: every word that is
 * not plain is put in a code span. Entities would not help, because GitHub and GitLab look for links and mentions
 * after they have decoded them.
 */
function prose(text: string): string {
  const parts: { readonly plain: boolean; readonly words: string[] }[] = [];
  for (const word of cut(visibleText(text)).split(' ')) {
    if (word === '') continue;
    const plain = PLAIN.test(word) && !HEXADECIMAL.test(word);
    const last = parts.at(-1);
    if (last?.plain === plain) last.words.push(word);
    else parts.push({ plain, words: [word] });
  }
  return parts
    .map(({ plain, words }) => {
      const joined = words.join(' ');
      if (plain) return joined;
      const [, open = '', inside = '', close = ''] = WORD.exec(joined) ?? [];
      return inside === '' ? code(joined) : `${open}${code(inside)}${close}`;
    })
    .join(' ');
}

/** Writes a code span for a table. Its quotes are longer than any in the text, and bars are escaped. */
function code(text: string): string {
  // A backslash before a bar would undo the escape of the bar, so both are escaped.
  const plain = cut(visibleText(text)).replaceAll(/(\\*)\|/g, '$1$1\\|');
  if (plain === '') return '';
  const quotes = '`'.repeat(longestRun(plain) + 1);
  const padding = /^[` ]|[` ]$/.test(plain) ? ' ' : '';
  return `${quotes}${padding}${plain}${padding}${quotes}`;
}

/** Cuts a text: a name may be as long as the body, and no comment could hold that. */
function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)} …`;
}

/** Writes a fenced block. Its fences are longer than any in the text. */
function fenced(text: string): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return [`${fence}cedar`, text, fence];
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}
