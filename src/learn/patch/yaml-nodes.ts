/**
 * Where the parts of a YAML document stand in its text. The nodes must have been composed with their source tokens.
 * @module
 */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Parser,
  Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/**
 * The documents of a YAML text that hold something, as `parseYamlDocuments` of the compiler counts them. The text must
 * have been read by that function before, which keeps it within the limits.
 */
export function composedDocuments(text: string): Document.Parsed[] {
  const composer = new Composer({
    uniqueKeys: false,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    keepSourceTokens: true,
  });
  return [...composer.compose(new Parser().parse(text), false, text.length)].filter(
    ({ contents }) =>
      contents !== null && !(isScalar(contents) && contents.source === '' && contents.value === null),
  );
}

/** The names of the anchors that aliases of a document use. */
export function usedAnchors(document: Document.Parsed): ReadonlySet<string> {
  const names = new Set<string>();
  visit(document, {
    Alias: (_, { source }) => {
      names.add(source);
    },
  });
  return names;
}

/** The member of a mapping that has this key itself, and not from a merge key. */
export function pairOf(map: YAMLMap, step: string | number): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && String(key.value) === String(step) && !isMerge(key));
}

/** Whether a key is a merge key (`<<`). */
function isMerge(key: Scalar): boolean {
  return key.value === '<<' && key.type === Scalar.PLAIN;
}

/** The value of a member or an item. */
export function nodeOf(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined;
}

/** Whether a value is left out or null, which is the same to every reader. */
export function isNull(node: Node | undefined): boolean {
  return node === undefined || (isScalar(node) && node.value === null);
}

/** Whether a collection is in brackets. */
export function isFlow(node: YAMLMap | YAMLSeq): boolean {
  return node.flow === true;
}

/** Where the content of a node begins, behind its anchor and its tag. */
export function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Where the content of a node ends. A line break that ends a block scalar does not count. */
export function endOf(node: Node, text: string): number {
  if ((isMap(node) || isSeq(node)) && !isFlow(node)) {
    const last: unknown = node.items.at(-1);
    if (isPair(last)) return pairEnd(last, text);
    if (isNode(last)) return Math.max(endOf(last, text), startOf(node));
  }
  const end = node.range?.[1] ?? 0;
  if (text[end - 1] !== '\n') return end;
  return text[end - 2] === '\r' ? end - 2 : end - 1;
}

/** Where a member of a mapping begins: its key, with what stands before it. */
export function pairStart(pair: Pair): number {
  const tokens = pair.srcToken?.start ?? [];
  const first = tokens.find(({ type }) => type === 'explicit-key-ind' || type === 'anchor' || type === 'tag');
  return first?.offset ?? (isNode(pair.key) ? startOf(pair.key) : 0);
}

/** Behind the colon of a member, and behind the anchor and the tag of its value; undefined when it has no colon. */
export function valueStart(pair: Pair): number | undefined {
  const tokens = pair.srcToken?.sep ?? [];
  if (!tokens.some(({ type }) => type === 'map-value-ind')) return undefined;
  const last = tokens.findLast(({ type }) => type === 'map-value-ind' || type === 'anchor' || type === 'tag');
  return last === undefined ? undefined : last.offset + last.source.length;
}

/** Where the content of a member ends. */
export function pairEnd(pair: Pair, text: string): number {
  const value = nodeOf(pair.value);
  if (value !== undefined && !isLeftOut(value)) return endOf(value, text);
  return valueStart(pair) ?? (isNode(pair.key) ? endOf(pair.key, text) : 0);
}

/** Whether nothing is written for a value. */
export function isLeftOut(node: Node): boolean {
  return isScalar(node) && node.value === null && (node.source ?? '') === '';
}

/** The column in which the keys or the dashes of a block collection stand, counted from 0. */
export function columnOf(node: YAMLMap | YAMLSeq): number {
  const token = node.srcToken;
  return token !== undefined && 'indent' in token ? token.indent : 0;
}

/** Where the dash of each item of a block list stands. */
export function dashesOf(list: YAMLSeq): number[] {
  const token = list.srcToken;
  if (token?.type !== 'block-seq') return [];
  return token.items.flatMap(({ start }) => start.find(({ type }) => type === 'seq-item-ind')?.offset ?? []);
}

/** What an alias stands for; undefined where it does not lead to a node. */
export function behindAlias(node: Node | undefined, document: Document.Parsed): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node;
}
