import { isMap, isScalar, isSeq, type Node, parseDocument, Scalar, visit, YAMLSeq } from 'yaml';
import type { Manifest } from '../compiler/tracing-policy.ts';
import { toYaml } from './manifest-yaml.ts';
import { invalidRequest } from './problems.ts';
import { scalarType } from './yaml-scalars.ts';

/** An item of the answer: one that was there, by its index, or a policy. */
export type EditedItem = { readonly kept: number } | { readonly added: Manifest };

/** Scalars keep the spelling they have: `0644` must not become 644, nor `on` true. */
const VERBATIM = { schema: 'failsafe', uniqueKeys: false } as const;

/**
 * Writes a ResourceList with other items and results. Everything that is kept is as it was written,
 * comments included; the text has been read before, so it is one well-formed document.
 *
 * @throws Problem `invalid-request` when it has aliases, which may lead into an item that goes.
 */
export function editResourceList(
  text: string,
  items: readonly EditedItem[],
  results: readonly unknown[],
): string {
  const document = parseDocument(text, VERBATIM);
  visit(document, {
    Alias: () => {
      throw invalidRequest([
        { message: 'A ResourceList with YAML aliases is not taken: write the values out.', document: 0 },
      ]);
    },
    Scalar: (_, node) => {
      // An empty value is null to every reader, and would be written as an empty string.
      if (node.type === Scalar.PLAIN && node.source === '') node.value = 'null';
    },
  });
  const root = document.contents;
  if (!isMap(root)) throw new Error('The ResourceList is no mapping.');
  const before = root.get('items');
  const nodes = isSeq<Node>(before) ? before.items : [];
  const after = items.flatMap((item) =>
    'kept' in item ? (nodes[item.kept] ?? []) : nodeOf(toYaml([item.added])),
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

/** A value as a node that is written in blocks. JSON is YAML: its strings keep their quotes. */
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
