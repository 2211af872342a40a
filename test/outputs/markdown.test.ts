import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { yamlComments } from '../../src/compiler/emit/manifest-yaml.ts';
import type { ReportInput } from '../../src/outputs/findings.ts';
import { toJunit } from '../../src/outputs/junit.ts';
import { toMarkdown } from '../../src/outputs/markdown.ts';
import { toSarif } from '../../src/outputs/sarif.ts';
import { toWorkflowAnnotations } from '../../src/outputs/workflow-annotations.ts';
import { nodes } from '../support/markdown.ts';
import { runs } from '../support/runs.ts';

function report(message: string, path?: string, permit?: string): ReportInput {
  const place = { document: 0, pointer: '/x', line: 3, column: 1 };
  return {
    path,
    policySet: { name: 'default', version: 1, digest: 'sha256:0' },
    services: ['shop/web'],
    decisions: [
      {
        service: 'shop/web',
        override: 'privileged',
        category: 'container',
        container: 'web',
        implicit: false,
        decision: 'deny',
        reason: 'ExplicitForbid',
        policies: [{ id: message, effect: 'forbid', annotations: { reason: message } }],
        ...(permit === undefined ? {} : { suggestedPermit: permit }),
        ...place,
      },
    ],
    notices: [{ code: 'UnknownField', level: 'warning', service: 'shop/web', message, ...place }],
    manifests: undefined,
  };
}

/** What GitHub or GitLab make links of in plain text: mentions, references, commits, addresses. */
const REFERENCE =
  /@\w|[#!$%~^&]\w|\bGH-\d|\b[A-Z]+-\d|\b[0-9a-f]{7,40}\b|:\/\/|\bwww\.|\w\/\w|mailto:\w|\S@\S|\[|\]|[<>`*_|\\]/;

/** The texts outside of code, and the kinds of node that hold something a body said. */
function checkInert(text: string): void {
  const all = nodes(text);
  const kinds = new Set(all.map(({ type }) => type));
  for (const kind of ['link', 'linkReference', 'image', 'imageReference', 'definition', 'footnoteReference'])
    expect(kinds).not.toContain(kind);
  for (const kind of ['emphasis', 'strong', 'delete', 'list', 'blockquote', 'thematicBreak'])
    expect(kinds).not.toContain(kind);
  for (const { type, value = '' } of all) {
    if (type === 'html')
      expect(value).toMatch(
        /^(<!-- tracewright -->|<details><summary>[A-Za-z0-9 ]+<\/summary>|<\/details>|<details>|<summary>|<\/summary>)$/,
      );
    if (type === 'text') expect(value).not.toMatch(REFERENCE);
  }
  for (const row of all.filter(({ type }) => type === 'tableRow')) expect(row.children).toHaveLength(3);
}

const HOSTILE = [
  'x https://evil.example/login @octocat #1 <img src=x onerror=alert(1)> www.evil.example',
  'GH-1 owner/repo#1 owner/repo@deadbeef 0123456789abcdef0123456789abcdef01234567 deadbee JIRA-12',
  'mailto:a@b.example a@b.example xmpp:a@b.example ftp://x.example',
  '[a](https://evil.example) ![i](x) [r]: https://x <https://x> </details><script>',
  '`@octocat` ``@octocat`` ```\n@octocat\n``` ` @octocat',
  '| a | b |\n| --- | --- |\n@octocat | \\| \\\\| \\',
  '\r\n\r\n# Heading\n\n- item\n> quote\n***\n',
  '\u2028@octocat\u2029#1\u0085x\u202e\u2066evil\u200b\u001b[31mred\u009b0m',
  '&#64;octocat &commat;octocat &lt;b&gt; &#35;1',
  '!1 $1 ~label %milestone &2 ^alert#1 *vuln* :smile: $`a`$ ==x== [^1] [x]',
];

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...HOSTILE, ...HOSTILE.flatMap((each) => each.split(' '))),
      fc.string({ unit: fc.constantFrom(...'`|\\<>[]()!@#&*_~:/.- \n\r\tawhtps0129"\'$%{}\u2028\u202e') }),
      fc.string({ unit: 'binary' }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(' '));

describe('Markdown', () => {
  test.each(HOSTILE)('nothing of %j is a link, a mention, a reference or markup', (text) => {
    checkInert(toMarkdown(report(text, text, text)));
  });

  test('nor of any other text', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, path) => {
        checkInert(toMarkdown(report(text, path)));
        checkInert(toMarkdown(report(text, undefined, path)));
      }),
      runs(1_000),
    );
  });

  test('the check itself finds what would be a link or a mention', () => {
    for (const text of [
      'a www.evil.example b',
      'ask @octocat',
      'see owner/repo#1',
      'x <b>y</b>',
      '| a | b |\n| - | - |',
    ])
      expect(() => checkInert(text)).toThrow();
  });

  test('a sentence stays one that a person can read', () => {
    const text = toMarkdown(report('Unknown field "runAsNonroot" (of the container\'s list): leave it out.'));
    expect(text).toContain(
      '| shop/web: Unknown field'.replace('shop/web', '`shop/web`') +
        ' `"runAsNonroot"` (of the container\'s list): leave it out. |',
    );
  });

  test('code shows what was said: quotes, bars and backslashes', () => {
    const cell = nodes(toMarkdown(report('`x` a|b \\ ``')))
      .filter(({ type }) => type === 'inlineCode')
      .map(({ value }) => value)
      .at(-1);
    expect(cell).toBe('shop/web: `x` a|b \\ ``');
  });

  test('no permit is offered where none would help', () => {
    expect(toMarkdown(report('x'))).not.toContain('Permits');
    expect(toMarkdown(report('x', undefined, 'permit (principal, action, resource);'))).toContain(
      'Permits to ask the platform team for',
    );
  });
});

describe('other outputs', () => {
  const unseen = /[^\P{C}\n]|[\p{Zl}\p{Zp}\u00a0]/u;

  test('no control character, line break or turn of direction gets out', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, path) => {
        const input = report(text, path);
        const annotations = toWorkflowAnnotations(input);
        expect(annotations).not.toMatch(unseen);
        const lines = annotations.trimEnd().split('\n');
        expect(lines).toHaveLength(2);
        for (const line of lines) expect(line).toMatch(/^::(error|warning) /);
        expect(toJunit(input)).not.toMatch(unseen);
        const comments = yamlComments([text, path]);
        expect(comments).toMatch(/^# [ -~]*\n# [ -~]*\n$/);
      }),
      { numRuns: 1_000 },
    );
  });

  const Sarif = z.object({
    runs: z.tuple([z.object({ results: z.array(z.object({ message: z.object({ text: z.string() }) })) })]),
  });

  test('no message of SARIF holds a link or a placeholder', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const { message } of Sarif.parse(JSON.parse(toSarif(report(text)))).runs[0].results) {
          expect(message.text).not.toMatch(unseen);
          expect(message.text).not.toMatch(/(?<!\\)(\\\\)*\[[^\]]*\]\s*\(/);
          expect(message.text.replaceAll(/\{\{|\}\}/g, '')).not.toMatch(/\{[0-9]+\}/);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
