import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../../src/compiler/model/limits.ts';
import { Budget } from '../../../../src/compiler/read/documents/yaml-budget.ts';
import { composeBounded } from '../../../../src/compiler/read/documents/yaml-composer.ts';
import { toPlainData } from '../../../../src/compiler/read/documents/yaml-data.ts';
import { parseDocuments, parseWorkloadDocuments } from '../../../../src/compiler/read/documents.ts';
import { member } from '../../../../src/compiler/read/mapping.ts';
import { KIND_NAMES } from '../../../../src/compiler/read/readers.ts';
import { SKIPPED_KINDS } from '../../../../src/compiler/read/skipped-kinds.ts';
import { isBuiltIn } from '../../../../src/compiler/read/unknown-kinds.ts';
import { runs } from '../../../support/runs.ts';
import { kubectlChunks, laxKinds, streamOfLines } from '../../../support/yaml-streams.ts';

const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n';

/** A document that is read although it looks like one that is not has what no reader takes. */
const BROKEN = '    : [broken\n';

function kindsOf(text: string): unknown[] {
  const parsed = parseWorkloadDocuments(text, 'yaml');
  if (!parsed.ok) throw new Error(parsed.faults.map(({ message }) => message).join());
  return parsed.documents.map(({ value }) => value);
}

/** Whether a document is skipped: what stands in it is then not even looked at. */
function isSkipped(head: string): boolean {
  const parsed = parseWorkloadDocuments(`${head}\n${BROKEN}---\n${POD}`, 'yaml');
  return parsed.ok;
}

describe('a document is not read', () => {
  test.each([
    ['of a kind that holds no workload', 'apiVersion: v1\nkind: ConfigMap\ndata:'],
    ['with its kind first', 'kind: Secret\napiVersion: v1\ndata:'],
    [
      'with its kind last, as kustomize writes it',
      'data:\n  a: |\n    kind: Pod\nkind: ConfigMap\napiVersion: v1\nmetadata:',
    ],
    [
      'with comments and blank lines',
      '# Source: a.yaml\n\n  \n# b\napiVersion: v1\n\nkind: ConfigMap\n# c\ndata:',
    ],
    [
      'with lists that are not indented',
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nrules:\n- verbs: [get]\n- verbs:',
    ],
    ['with CRLF', 'apiVersion: v1\r\nkind: ConfigMap\r\ndata:\r'],
    ['with spaces after its kind', 'apiVersion: v1  \nkind: ConfigMap \ndata:'],
  ])('%s', (_, head) => {
    expect(isSkipped(head)).toBe(true);
    expect(isSkipped(`---\n${head}`)).toBe(true);
    expect(isSkipped(`${POD}--- # next\n${head}`)).toBe(true);
  });
});

describe('a document is read', () => {
  const map = 'apiVersion: v1\nkind: ConfigMap\n';
  test.each([
    ['of another kind', 'apiVersion: v1\nkind: Pod\nspec:'],
    ['of a kind of another version', 'apiVersion: v2\nkind: ConfigMap\ndata:'],
    ['of no kind', 'apiVersion: v1\ndata:'],
    ['of no version', 'kind: ConfigMap\ndata:'],
    ['with a second kind', `${map}kind: Pod\ndata:`],
    ['with a second kind that is the same', `${map}kind: ConfigMap\ndata:`],
    ['with a second kind in double quotes', `${map}"kind": Pod\ndata:`],
    ['with a second kind in single quotes', `${map}'kind': Pod\ndata:`],
    ['with a second kind in escapes', `${map}"\\x6bind": Pod\ndata:`],
    ['with a second kind behind a question mark', `${map}? kind\n: Pod\ndata:`],
    ['with a second kind with a tag', `${map}!!str kind: Pod\ndata:`],
    ['with a second kind with an anchor', `${map}&a kind: Pod\ndata:`],
    ['with a second kind that is an alias', `${map}*a : Pod\ndata:`],
    ['with a second kind by a merge', `${map}<<: {kind: Pod}\ndata:`],
    ['with a second kind before a space', `${map}kind : Pod\ndata:`],
    ['with a second kind before a tab', `${map}kind:\tPod\ndata:`],
    ['with a second kind behind a tab', `${map}\tkind: Pod\ndata:`],
    ['with a second kind in other letters', `${map}Kind: Pod\ndata:`],
    ['with a kind that goes on', 'apiVersion: v1\nkind: ConfigMap\n  Map\ndata:'],
    ['with a kind that goes on after blank lines', 'apiVersion: v1\nkind: ConfigMap\n\n \n  Map\ndata:'],
    ['with a version that goes on', 'apiVersion: v1\n  beta1\nkind: ConfigMap\ndata:'],
    ['with a kind on the next line', 'apiVersion: v1\nkind:\n  ConfigMap\ndata:'],
    ['with a quoted kind', 'apiVersion: v1\nkind: "ConfigMap"\ndata:'],
    ['with a kind with an anchor', 'apiVersion: v1\nkind: &a ConfigMap\ndata:'],
    ['with a kind and a comment', 'apiVersion: v1\nkind: ConfigMap # Pod\ndata:'],
    ['with a kind like a list', 'apiVersion: v1\nkind: ConfigMapList\ndata:'],
    ['with items', `${map}items:`],
    ['with a key that the kind does not have', `${map}spec:`],
    ['in braces', '{apiVersion: v1, kind: ConfigMap}\n#'],
    ['behind a marker with more on its line', `--- {a: b}\n${map}data:`],
    ['after a marker that kubectl does not know', `--- !!map\n${map}data:`],
    ['after a line that begins like a marker', `---x: y\n${map}data:`],
    ['after the end of a document', `a: 1\n...\n${map}data:`],
    ['before the end of a document', `${map}...\na:`],
    ['in a text with directives', `%YAML 1.2\n---\n${map}data:`],
    ['that begins with a list', `- a\n${map}data:`],
    ['that begins with an object further to the right', `  apiVersion: v1\n  kind: Pod\n${map}data:`],
    ['that begins with a quoted text', `"a\n${map}data:`],
    ['with a bracket at the beginning of a line', `${map}data: {\n}\nmetadata:`],
    ['with a quote at the beginning of a line', `${map}data: "\n"\nmetadata:`],
    ['with a line that begins with dashes', `${map}-- x\ndata:`],
  ])('%s', (_, head) => {
    expect(isSkipped(head)).toBe(false);
    expect(isSkipped(`${POD}---\n${head}`)).toBe(false);
  });

  test.each(['\u0085', '\u2028', '\ufeff', '\r'])('and refused, with U+%j', (character) => {
    expect(isSkipped(`${map}#${character}kind: Pod\ndata:`)).toBe(false);
  });
});

test('a quoted text without end hides no document after it', () => {
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n? data\n- a: "x\n';
  const parsed = parseDocuments(`${map}---\n${POD}`, 'yaml');
  expect(parsed.ok ? parsed.documents.map(({ value }) => member(value, 'kind')) : ['Pod']).toContain('Pod');
});

describe('what is said of a document that is not read', () => {
  const text = `# c\n---\n# d\n\nkind: ConfigMap\napiVersion: v1\ndata: {a: 1}\n---\n${POD}`;

  test('its kind, and where it begins', () => {
    const parsed = parseWorkloadDocuments(text, 'yaml');
    expect(kindsOf(text)).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } },
    ]);
    expect(
      parsed.ok && parsed.documents.map(({ index, locate }) => [index, locate([]), locate(['kind'])]),
    ).toEqual([
      [0, { line: 5, column: 1 }, { line: 5, column: 1 }],
      [1, { line: 9, column: 1 }, { line: 10, column: 7 }],
    ]);
  });

  test('nothing, where objects are read for themselves', () => {
    const parsed = parseDocuments(text, 'yaml');
    expect(parsed.ok && parsed.documents[0]?.value).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      data: { a: 1 },
    });
  });
});

test('no kind that is not read is read otherwise, or added by a policy set, or known to hold manifests', () => {
  for (const [apiVersion, kind] of SKIPPED_KINDS) {
    expect(KIND_NAMES).not.toContainEqual([apiVersion, kind]);
    expect([apiVersion, isBuiltIn(apiVersion)]).toEqual([apiVersion, true]);
  }
});

describe('limits', () => {
  const filled = (head: string, length: number) => head + 'x'.repeat(length - head.length);

  test('a document that is read has so many characters, and one that is not has more', () => {
    expect(kindsOf(filled('a: ', LIMITS.documentCharacters))).toHaveLength(1);
    const parsed = parseWorkloadDocuments(
      `${POD}---\n${filled('a: ', LIMITS.documentCharacters - 3)}`,
      'yaml',
    );
    expect(parsed).toMatchObject({
      ok: false,
      faults: [
        {
          message: expect.stringMatching(
            /^The document has more than 2097152 characters\. Only objects that cannot hold/,
          ),
          position: { line: 4, column: 1 },
        },
      ],
    });
    expect(
      kindsOf(filled('apiVersion: v1\nkind: Secret\ndata:\n  a: ', 5 * LIMITS.documentCharacters)),
    ).toHaveLength(1);
  });

  test('a document that is read has so many lines', () => {
    const text = (lines: number) => `a: |${'\n x'.repeat(lines - 1)}`;
    expect(kindsOf(text(LIMITS.documentLines))).toHaveLength(1);
    expect(parseWorkloadDocuments(text(LIMITS.documentLines + 1), 'yaml')).toMatchObject({
      ok: false,
      faults: [{ message: expect.stringMatching(/^The document has more than 200000 lines\./) }],
    });
  });

  test('a body has so many documents, whether they are read or not', () => {
    const secret = '---\napiVersion: v1\nkind: Secret\n';
    expect(kindsOf(secret.repeat(LIMITS.objects - 1) + POD.replace(/^/, '---\n'))).toHaveLength(
      LIMITS.objects,
    );
    for (const one of [secret, `---\n${POD}`]) {
      expect(parseWorkloadDocuments(secret.repeat(LIMITS.objects) + one, 'yaml')).toMatchObject({
        ok: false,
        faults: [{ message: 'There are more than 10000 documents.', position: { line: 30_002 } }],
      });
    }
  });

  test('a document has so many values, and all of them together so many', () => {
    // The mapping, a list of items, and a list of nine aliases, each of which counts as the list does.
    const full = (more: string) => `---\na: &a [${'1,'.repeat(9_997)}]\nb: [${'*a,'.repeat(9)}1${more}]\n`;
    const spent = 1 + 9_998 + 1 + 9 * 9_998 + 1;
    const rest = LIMITS.documentNodes - spent;
    expect(kindsOf(full(',1'.repeat(rest)))).toHaveLength(1);
    expect(parseWorkloadDocuments(full(',1'.repeat(rest + 1)), 'yaml')).toMatchObject({
      ok: false,
      faults: [{ message: 'The document holds more than 100000 values.' }],
    });
    const count = LIMITS.nodes / LIMITS.documentNodes;
    const all = full(',1'.repeat(rest)).repeat(count);
    expect(kindsOf(all)).toHaveLength(count);
    expect(parseWorkloadDocuments(`${all}---\n1\n`, 'yaml')).toMatchObject({
      ok: false,
      faults: [{ message: 'The documents hold more than 400000 values.', position: { line: 3 * count + 2 } }],
    });
  });
});

function identityOf(value: unknown): unknown {
  return { apiVersion: member(value, 'apiVersion'), kind: member(value, 'kind') };
}

/** The documents of a text by one composer, as if it could not be cut. */
function wholeDocuments(text: string): { value: unknown; at: number }[] | undefined {
  const documents: { value: unknown; at: number }[] = [];
  const budget = new Budget();
  try {
    for (const document of composeBounded(text, budget)) {
      if (document.errors.length + document.warnings.length > 0) return undefined;
      const { value } = toPlainData(document, budget);
      const at = document.contents?.range?.[0] ?? document.range[0];
      if (value !== null || document.contents?.range?.[0] !== document.contents?.range?.[1])
        documents.push({ value, at });
    }
  } catch {
    return undefined;
  }
  return documents;
}

describe('whatever the text', () => {
  test('reading it piece by piece gives the same documents at the same places', () => {
    fc.assert(
      fc.property(streamOfLines, (text) => {
        // Of such a text, the package yaml leaves out what comes next, up to the end of a quoted text that has none.
        fc.pre(!/^\? /m.test(text));
        const whole = wholeDocuments(text);
        const parsed = parseDocuments(text, 'yaml');
        expect(parsed.ok).toBe(whole !== undefined);
        if (!parsed.ok || whole === undefined) return;
        expect(parsed.documents.map(({ value }) => value)).toEqual(whole.map(({ value }) => value));
        const places = whole.map(({ at }) => {
          const before = text.slice(0, at).split('\n');
          return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
        });
        expect(parsed.documents.map(({ locate }) => locate([]))).toEqual(places);
      }),
      runs(4_000),
    );
  });

  test('what is skipped is of the same kind when it is read, and all else is the same', () => {
    fc.assert(
      fc.property(streamOfLines, (text) => {
        const all = parseDocuments(text, 'yaml');
        const some = parseWorkloadDocuments(text, 'yaml');
        if (!some.ok) expect(all.ok).toBe(false);
        if (!some.ok || !all.ok) return;
        expect(some.documents.map(({ locate }) => locate([]))).toEqual(
          all.documents.map(({ locate }) => locate([])),
        );
        for (const [index, { value }] of some.documents.entries()) {
          const read = all.documents[index]?.value;
          // What was skipped has nothing but these two.
          const skipped = isDeepStrictEqual(Object.keys(Object(value)), ['apiVersion', 'kind']);
          expect(value).toEqual(skipped ? identityOf(read) : read);
        }
      }),
      runs(4_000),
    );
  });

  test('no reader finds a Pod where there is none to us', () => {
    fc.assert(
      fc.property(streamOfLines, (text) => {
        const parsed = parseWorkloadDocuments(text, 'yaml');
        if (!parsed.ok) return;
        const ours = parsed.documents.map(({ value }) => member(value, 'kind'));
        // A document without a kind is refused later.
        if (ours.every((kind) => typeof kind === 'string') && laxKinds(text).has('Pod'))
          expect(ours).toContain('Pod');
      }),
      runs(4_000),
    );
  });

  test('the readers of these tests find a Pod in documents that we read', () => {
    expect([...laxKinds('kind: ConfigMap\nkind: Pod')]).toContain('Pod');
    expect(kubectlChunks('a\n--- # c\nb\n---x\nc\n---\n')).toEqual(['a\n', 'b\n---x\nc\n', '\n']);
  });
});
