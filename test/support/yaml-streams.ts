import fc from 'fast-check';
import { loadAll } from 'js-yaml';
import { parseAllDocuments } from 'yaml';

/** Lines that say of what kind an object is, or that could make readers disagree about it. */
const LINES = [
  'apiVersion: v1',
  'apiVersion: v1',
  'kind: ConfigMap',
  'kind: ConfigMap',
  'kind: Secret',
  'kind: Pod',
  'Kind: Pod',
  '"kind": Pod',
  "'kind': Pod",
  '"\\x6bind": Pod',
  '? kind',
  ': Pod',
  '? kind : Pod',
  '!!str kind: Pod',
  '&a kind: Pod',
  '*a : Pod',
  '<<: {kind: Pod}',
  '<<: *a',
  'kind : Pod',
  'kind:\tPod',
  'kind: &a ConfigMap',
  'kind: "ConfigMap"',
  'kind: ConfigMap # c',
  'kind: ConfigMap  ',
  'kind:',
  '  Pod',
  '  kind: Pod',
  '  apiVersion: v1',
  '\tkind: Pod',
  ' # kind: Pod',
  '# kind: Pod',
  '#',
  'metadata: {name: a}',
  'metadata:',
  'metadata: &a',
  '  name: a',
  'data: "',
  '"',
  '  "',
  "data: '",
  "'",
  'data: {',
  '}',
  ' }',
  'data: [',
  ']',
  ' ], kind: Pod',
  'data: |',
  'data: >-',
  'data: |2',
  '    x: |',
  '  a: "x',
  '  a: b"',
  "  a: 'it",
  '- a',
  '- kind: Pod',
  '-',
  '-- x',
  'immutable: true',
  'spec: {containers: []}',
  'items: [{kind: Pod}]',
  '{kind: Pod, apiVersion: v1}',
  '',
  '  ',
  '---',
  '---',
  '--- ',
  '---\t',
  '--- # c',
  '---# c',
  '--- |',
  '--- kind: Pod',
  '---x',
  '  ---',
  '...',
  '... # c',
  '%YAML 1.1',
  '%TAG ! !x',
];

/** Texts of such lines. Most begin documents that need not be read, so that the other lines come into them. */
export const streamOfLines: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...LINES) },
        { weight: 1, arbitrary: fc.constant('apiVersion: v1\nkind: ConfigMap') },
        { weight: 1, arbitrary: fc.constant('---\nkind: ConfigMap\napiVersion: v1\ndata:') },
      ),
      { minLength: 1, maxLength: 12 },
    ),
    fc.constantFrom('\n', '\n', '\n', '\r\n'),
    fc.boolean(),
  )
  .map(([lines, end, last]) => `${lines.join('\n').replaceAll('\n', end)}${last ? end : ''}`);

/** The documents that kubectl cuts a text into: it looks at lines, and reads the first document of each part. */
export function kubectlChunks(text: string): string[] {
  const chunks: string[] = [];
  let chunk = '';
  for (const line of text.split('\n')) {
    const rest = line.startsWith('---') ? line.slice(3).trim() : 'no separator';
    if (rest === '' || rest.startsWith('#')) {
      if (chunk !== '') chunks.push(chunk);
      chunk = '';
    } else chunk += `${line}\n`;
  }
  return chunk === '' ? chunks : [...chunks, chunk];
}

/** The kinds that some readers, none of them strict, find in the parts of a text. */
export function laxKinds(text: string): Set<string> {
  const kinds = new Set<string>();
  for (const chunk of kubectlChunks(text)) {
    for (const value of [...byJsYaml(chunk), ...byYaml(chunk)])
      if (typeof value === 'object' && value !== null && 'kind' in value) kinds.add(String(value.kind));
  }
  return kinds;
}

function byJsYaml(text: string): unknown[] {
  try {
    return loadAll(text);
  } catch {
    return [];
  }
}

/** Reads a text as YAML 1.1 and 1.2, with the last of several equal keys. */
function byYaml(text: string): unknown[] {
  return ['1.1', '1.2'].flatMap((version) =>
    parseAllDocuments(text, {
      version: version === '1.1' ? '1.1' : '1.2',
      strict: false,
      uniqueKeys: false,
      logLevel: 'silent',
    }).flatMap((document): unknown[] => {
      try {
        return document.errors.length > 0 ? [] : [document.toJS({ maxAliasCount: 10 })];
      } catch {
        return [];
      }
    }),
  );
}
