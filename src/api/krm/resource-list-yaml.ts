import { Document, isMap, isScalar, isSeq, type Node, parseDocument, Scalar, visit, YAMLSeq } from 'yaml';
import { manifestYaml } from '../../compiler/emit/manifest-yaml.ts';
import type { Manifest } from '../../compiler/emit/tracing-policy.ts';
import { scalarType } from '../../compiler/emit/yaml-scalars.ts';
import { invalidRequest } from '../../http/problems.ts';

/** An item of the answer: an item of the request by its index, or an added policy. */
export type EditedItem = { readonly kept: number } | { readonly added: Manifest };

/** Scalars keep their spelling: `0644` must not become 644, nor `on` become true. */
const VERBATIM = { schema: 'failsafe', uniqueKeys: false } as const;

/**
 * Writes a ResourceList with other items and results. Items that are kept stay as they were written, with their
 * comments. The text has been parsed before, so it is one well-formed document.
 *
 * @throws Problem `invalid-request` when it has YAML aliases, which may point into an item that is removed.
 */
export function editResourceList(
  text: string,
  items: readonly EditedItem[],
  results: readonly unknown[],
): string {
  const source = parseDocument(text, { ...VERBATIM, keepSourceTokens: true });
  visit(source, {
    Alias: () => {
      throw invalidRequest([
        { message: 'A ResourceList with YAML aliases is not taken: write the values out.', document: 0 },
      ]);
    },
  });
  const spliced = spliceResourceList(text, source, items, results);
  if (spliced !== undefined && holds(spliced, items.length)) return spliced;
  const document = parseDocument(text, VERBATIM);
  visit(document, {
    Scalar: (_, node) => {
      // An empty value means null, but would be written as an empty string.
      if (node.type === Scalar.PLAIN && node.source === '') node.value = 'null';
    },
  });
  const root = document.contents;
  if (!isMap(root)) throw new Error('The ResourceList is no mapping.');
  const before = root.get('items');
  const nodes = isSeq<Node>(before) ? before.items : [];
  const after = items.flatMap((item) =>
    'kept' in item ? (nodes[item.kept] ?? []) : nodeOf(manifestYaml([item.added])),
  );
  const list = new YAMLSeq<Node>(document.schema);
  if (isSeq(before)) {
    list.commentBefore = before.commentBefore ?? null;
    list.comment = before.comment ?? null;
  }
  list.items.push(...after);
  list.flow = after.length === 0;
  document.set('items', list);
  document.delete('results');
  if (results.length > 0) document.set('results', nodeOf(JSON.stringify(results)));
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Whether a text is a ResourceList with this number of items. */
function holds(text: string, count: number): boolean {
  const document = parseDocument(text, VERBATIM);
  const list = isMap(document.contents) ? document.contents.get('items') : undefined;
  return document.errors.length === 0 && isSeq(list) && list.items.length === count;
}

/**
 * Edits the lines of a list in block style, so that no byte of a kept item changes: kpt does not recognise its comment
 * once it was moved, and adds it again. Returns undefined for a list in flow style.
 */
function spliceResourceList(
  text: string,
  { contents: root }: Document.Parsed,
  items: readonly EditedItem[],
  results: readonly unknown[],
): string | undefined {
  const pairs = isMap(root) && root.srcToken?.type === 'block-map' ? root.srcToken.items : [];
  const keys = pairs.flatMap(({ key }) =>
    key?.type === 'scalar' ? [{ name: key.source, at: lineStart(text, key.offset) }] : [],
  );
  const place = keys.findIndex(({ name }) => name === 'items');
  const list = pairs[place]?.value;
  if (keys.length !== pairs.length || list?.type !== 'block-seq' || /^\.\.\./m.test(text)) return undefined;
  const dashes = list.items.flatMap(
    ({ start }) => start.find(({ type }) => type === 'seq-item-ind')?.offset ?? [],
  );
  const [first] = dashes;
  if (first === undefined || dashes.length !== list.items.length) return undefined;
  const starts = dashes.map((at) => lineStart(text, at));
  const indent = first - (starts[0] ?? 0);
  const begin = starts[0] ?? 0;
  const end = contentEnd(text, starts.at(-1) ?? 0, keys[place + 1]?.at ?? text.length, indent);
  const chunks = items.map((item) =>
    'kept' in item
      ? text.slice(starts[item.kept], starts[item.kept + 1] ?? end)
      : itemText(item.added, indent),
  );
  if (chunks.length === 0) return undefined;
  const written = chunks.map((chunk) => (chunk.endsWith('\n') ? chunk : `${chunk}\n`)).join('');
  const old = keys.findIndex(({ name }) => name === 'results');
  const without = (from: number, to: number): string => {
    const { at = to } = keys[old] ?? {};
    const next = keys[old + 1]?.at ?? text.length;
    return old < 0 || at < from || at >= to
      ? text.slice(from, to)
      : text.slice(from, at) + text.slice(next, to);
  };
  const edited = `${without(0, begin)}${written}${without(end, text.length)}`;
  return results.length === 0
    ? edited
    : `${edited.endsWith('\n') ? edited : `${edited}\n`}${resultsText(results)}`;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The offset where the last item ends. A comment that is indented no deeper than the dash does not belong to it. */
function contentEnd(text: string, from: number, to: number, indent: number): number {
  let end = from;
  for (let at = from; at < to; ) {
    const newline = text.indexOf('\n', at);
    const next = newline < 0 || newline >= to ? to : newline + 1;
    const line = text.slice(at, next);
    const depth = line.search(/\S/);
    if (at === from || depth > indent) end = next;
    else if (depth < 0 && end === at) end = next;
    at = next;
  }
  return end;
}

function itemText(manifest: Manifest, indent: number): string {
  const [first = '', ...others] = manifestYaml([manifest])
    .replace(/^---\n/, '')
    .trimEnd()
    .split('\n');
  const margin = ' '.repeat(indent);
  return [`${margin}- ${first}`, ...others.map((line) => (line === '' ? '' : `${margin}  ${line}`)), ''].join(
    '\n',
  );
}

function resultsText(results: readonly unknown[]): string {
  const document = new Document({}, VERBATIM);
  document.set('results', nodeOf(JSON.stringify(results)));
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Parses a value into a node that is written in block style. JSON is YAML, and its strings keep their quotes. */
function nodeOf(text: string): Node {
  const { contents } = parseDocument(text, VERBATIM);
  if (contents === null) throw new Error('There is nothing to add.');
  if (text.startsWith('[')) {
    visit(contents, {
      Collection: (_, node) => {
        node.flow = false;
      },
      Pair: (_, { key }) => {
        if (isScalar(key)) key.type = scalarType(String(key.value));
      },
    });
  }
  return contents;
}
