import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { loadAll, YAML11_SCHEMA } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { anyDocumentYaml } from '../../../src/compiler/emit/any-document-yaml.ts';
import { DocumentWriter } from '../../../src/compiler/emit/document-yaml.ts';
import { manifestYaml } from '../../../src/compiler/emit/manifest-yaml.ts';
import type { Manifest } from '../../../src/compiler/emit/tracing-policy.ts';
import { anyManifest, escapedText, unescapedText } from '../../support/any-manifest.ts';
import { runs } from '../../support/runs.ts';

/** A policy that selects pods by one label. */
function selecting(key: string, value: string): Manifest {
  return {
    apiVersion: 'cilium.io/v1alpha1',
    kind: 'TracingPolicy',
    metadata: { name: 'web', labels: {} },
    spec: { podSelector: { matchLabels: { [key]: value } }, kprobes: [] },
  };
}

/** Whether a writer writes whatever comes as the general writer does, or says that it cannot. */
function sameAsGeneral(write: (manifest: Manifest) => string | undefined): fc.IProperty<[Manifest]> {
  return fc.property(fc.oneof(anyManifest(unescapedText), anyManifest(escapedText)), (manifest) => {
    const text = write(manifest);
    if (text !== undefined) expect(text).toBe(anyDocumentYaml(manifest));
  });
}

describe('the writer of manifests and the general writer', () => {
  test('write the same bytes', () => {
    fc.assert(
      sameAsGeneral((manifest) => new DocumentWriter().write(manifest)),
      runs(4_000),
    );
  });

  test('write the same bytes when one writer writes many manifests', () => {
    const writer = new DocumentWriter();
    fc.assert(
      sameAsGeneral((manifest) => writer.write(manifest)),
      runs(1_000),
    );
  });

  test('no manifest without a string that needs an escape is left to the general writer', () => {
    fc.assert(
      fc.property(anyManifest(unescapedText), (manifest) => {
        expect(new DocumentWriter().write(manifest)).toBeDefined();
      }),
      runs(1_000),
    );
  });

  test.each([
    ['a line break', 'a\nb'],
    ['a control character', 'a\u0007'],
    ['a quote', 'a"b'],
    ['a backslash', 'a\\b'],
    ['half a surrogate pair', '\ud800'],
  ])('%s is left to the general writer', (_, text) => {
    for (const manifest of [selecting('a', text), selecting(text, 'a')]) {
      expect(new DocumentWriter().write(manifest)).toBeUndefined();
      expect(manifestYaml([manifest])).toBe(`---\n${anyDocumentYaml(manifest)}`);
    }
  });

  test.each([1_022, 1_023, 1_024, 1_025])('a key of %i characters', (length) => {
    for (const key of ['k'.repeat(length), ':'.repeat(length)])
      expect(new DocumentWriter().write(selecting(key, 'on'))).toBe(anyDocumentYaml(selecting(key, 'on')));
  });
});

describe('the property that compares the writers fails for', () => {
  test.each([
    ['a line that is one character too long', 'ONE_LINE = 96', 'ONE_LINE = 97'],
    ['a line that is one character too short', 'ONE_LINE = 96', 'ONE_LINE = 95'],
    ['one line outside the hooks', 'insideHooks && roomAfter', 'roomAfter'],
    ['several lines inside the hooks', 'insideHooks && roomAfter', '!insideHooks && roomAfter'],
    ['a string that is not quoted', "scalarType(value) === 'PLAIN' ? value", 'true ? value'],
    ['a name that is quoted', "scalarType(value) === 'PLAIN' ? value", 'false ? value'],
    ['an escape', "text.includes('\\\\') ? undefined : text", 'text'],
    ['another indent', '}  `;', '} `;'],
    ['an empty mapping on no line', "lines === ''", "lines === '-'"],
    ['a member that is undefined', 'if (member === undefined) continue;', ''],
    ['a list whose first item is on a new line', "(item, ' ', inner", '(item, inner, inner'],
    ['a comma that is not counted', 'roomAfter(item, left - 1)', 'roomAfter(item, left)'],
    ['a colon that is not counted', 'left - key.length - 4', 'left - key.length - 3'],
  ])('%s', async (_, from, to) => {
    const source = readFileSync('src/compiler/emit/document-yaml.ts', 'utf8');
    expect(source.split(from)).toHaveLength(2);
    const scalars = pathToFileURL(resolve('src/compiler/emit/yaml-scalars.ts')).href;
    const file = join(mkdtempSync(join(tmpdir(), 'writer-')), 'broken.ts');
    writeFileSync(file, source.replace(from, () => to).replace('./yaml-scalars.ts', scalars));
    const broken: unknown = await import(/* @vite-ignore */ pathToFileURL(file).href);
    const { DocumentWriter: Broken } = z
      .object({ DocumentWriter: z.custom<typeof DocumentWriter>((value) => typeof value === 'function') })
      .parse(broken);
    const { failed } = fc.check(
      sameAsGeneral((manifest) => new Broken().write(manifest)),
      { numRuns: 5_000, endOnFailure: true },
    );
    expect(failed).toBe(true);
  });
});

test('every reader of YAML reads the manifests that were written', () => {
  fc.assert(
    fc.property(fc.array(anyManifest(unescapedText), { minLength: 1, maxLength: 2 }), (manifests) => {
      const text = manifestYaml(manifests);
      const expected: unknown = JSON.parse(JSON.stringify(manifests));
      for (const version of ['1.1', '1.2'] as const)
        expect(parseAllDocuments(text, { version }).map((document) => document.toJS())).toEqual(expected);
      // kubectl reads YAML 1.1.
      expect(loadAll(text, { schema: YAML11_SCHEMA })).toEqual(expected);
      expect(loadAll(text)).toEqual(expected);
    }),
    runs(500),
  );
});
