import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import openapi from '../../openapi/openapi.json' with { type: 'json' };
import { NOTICE_CODES } from '../../src/compiler/model/notices.ts';
import { PROBLEMS } from '../../src/http/problem-codes.ts';
import { namesIn, PAGES, read } from './pages.ts';

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Where the links of a page lead, but for those to other sites. */
function targetsOf(page: string): string[] {
  return [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target = '']) => target);
}

describe.each(PAGES)('%s', (page) => {
  const text = read(page);

  test('leads to files and headings that there are', () => {
    for (const target of targetsOf(page)) {
      const [path = '', fragment] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      expect(existsSync(file), `${target} of ${page}`).toBe(true);
      if (fragment === undefined) continue;
      const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
      expect(headings, `${target} of ${page}`).toContain(fragment);
    }
  });

  test('shows no digest that can never come out', () => {
    expect(text.match(/sha256:[0-9a-f]{64}/g)).toBeNull();
  });

  test('has one title, and no heading twice', () => {
    const prose = text.replace(/^ *```.*?^ *```$/gms, '');
    const headings = [...prose.matchAll(/^(#+) (.+)$/gm)];
    expect(headings.filter(([, level]) => level === '#')).toHaveLength(1);
    const anchors = headings.map(([, , heading = '']) => anchorOf(heading));
    expect(anchors).toEqual([...new Set(anchors)]);
  });

  test('has tables whose rows have as many cells as their head', () => {
    const prose = text.replace(/^ *```.*?^ *```$/gms, '');
    for (const [table] of prose.matchAll(/(?:^\|.*\n)+/gm)) {
      const [head = 0, ...others] = table
        .trimEnd()
        .split('\n')
        .map((row) => row.split(/(?<!\\)\|/).length);
      expect(others, table.slice(0, 100)).toEqual(others.map(() => head));
    }
  });

  test('names only settings, bindings and variables that there are', () => {
    const known = new Set(
      [
        'Settings of the Worker',
        'Bindings of the Worker',
        'The local server',
        'Environment variables of the commands',
      ].flatMap((heading) => namesIn('docs/settings.md', heading)),
    );
    // What other programs read, and what is no setting: a capability, a mode of ptrace, a kind of events, a variable of an example or of the benchmark.
    const others =
      /^(CAP_|PTRACE_|PROCESS_|LD_PRELOAD$|CLOUDFLARE_|GITHUB_|ARGOCD_|TRACEWRIGHT_REPOSITORY$|OPA_BIN$|NET_|SYS_|NO_COLOR$)/;
    for (const [name] of text.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g))
      if (!others.test(name)) expect([...known], `${name} of ${page}`).toContain(name);
  });

  test('names only operations, problems and notices that there are', () => {
    const paths = Object.keys(openapi.paths);
    for (const [, path = ''] of text.matchAll(/`(?:GET|POST|PUT|DELETE) (\/[\w/{}:.-]*)`/g))
      expect(paths, `${path} of ${page}`).toContain(path);
    const operations = Object.values(openapi.paths).flatMap((methods) =>
      z
        .array(z.looseObject({ operationId: z.string() }))
        .parse(Object.values(methods).filter((each) => typeof each === 'object' && 'operationId' in each))
        .map(({ operationId }) => operationId),
    );
    for (const [, name = ''] of text.matchAll(
      /`((?:get|set|list|create|publish|revoke|compile|authorize)[A-Z]\w+)`/g,
    ))
      expect([...operations, ...SETTINGS_IN_CAMEL_CASE], `${name} of ${page}`).toContain(name);
    for (const [, code = ''] of text.matchAll(/[Pp]roblem` `([a-z-]+)`/g))
      expect(Object.keys(PROBLEMS), `${code} of ${page}`).toContain(code);
    for (const [, code = ''] of text.matchAll(/notice `([A-Za-z]+)`/g))
      expect(Object.keys(NOTICE_CODES), `${code} of ${page}`).toContain(code);
  });
});

/** What looks like the name of an operation, and is a setting of a policy set. */
const SETTINGS_IN_CAMEL_CASE = ['authorizeEntrypoints', 'authorizeUnset'];

test('docs/README.md lists every page', () => {
  const listed = targetsOf('docs/README.md').map((target) => normalize(join('docs', target)));
  for (const page of PAGES.filter((each) => each !== 'docs/README.md')) expect(listed).toContain(page);
});

test('no page names a file of the source, which moves, but those that a test holds to it', () => {
  for (const page of PAGES.filter(
    (each) => !['CONTRIBUTING.md', 'docs/architecture.md', 'docs/coverage.md'].includes(each),
  ))
    expect(read(page), page).not.toMatch(/\bsrc\//);
});

describe('README.md', () => {
  test('can be read in one sitting', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(160);
  });

  test('names its own files only', () => {
    const names = z
      .array(z.string())
      .parse([...read('README.md').matchAll(/@((?:examples|test)\/[\w./-]+)/g)].map(([, name]) => name));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expect(existsSync(name), name).toBe(true);
  });

  test('has a picture that loads nothing from elsewhere', () => {
    const [picture = ''] = targetsOf('README.md').filter((target) => target.endsWith('.svg'));
    const text = read(picture);
    expect(XMLValidator.validate(text)).toBe(true);
    expect(text.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|@import/);
    expect(text).toContain('<title>');
  });
});

test('the licence is the one that package.json and the document of the API name', () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ license: 'Apache-2.0' });
  expect(openapi.info.license).toMatchObject({ name: 'Apache-2.0' });
  expect(read('LICENSE')).toMatch(/^\s+Apache License\n\s+Version 2\.0, January 2004\n/);
});
