import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { BlockStyle } from './block-text.ts';
import { indentationAt, lineBreakOf } from './edits.ts';
import type { FlowStyle } from './flow-text.ts';
import { columnOf, endOf, isFlow, nodeOf, startOf } from './yaml-nodes.ts';

/** How block style is written in a document: as its first mapping within a mapping shows, and its first list. */
export function blockStyleOf(document: Document.Parsed, text: string): BlockStyle {
  let step: number | undefined;
  let listStep: number | undefined;
  visit(document, {
    Map: (_, map) => {
      if (isFlow(map)) return;
      for (const { value } of map.items) {
        if (isMap(value) && !isFlow(value)) step ??= columnOf(value) - columnOf(map);
        if (isSeq(value) && !isFlow(value)) listStep ??= columnOf(value) - columnOf(map);
      }
    },
  });
  const usual = step === undefined || step < 1 ? 2 : step;
  return { lineBreak: lineBreakOf(text), step: usual, listStep: listStep ?? usual };
}

/**
 * How new text in a collection in brackets is written. Where what is there is in double quotes, the text is JSON, which
 * often has a line for each member.
 */
export function flowStyleOf(node: YAMLMap | YAMLSeq | undefined, text: string): FlowStyle {
  const first: unknown = node?.items[0];
  const shown = nodeOf(isPair(first) ? first.key : first);
  const quoted = isScalar(shown) && shown.type === Scalar.QUOTE_DOUBLE;
  const hasLines = node !== undefined && quoted && text.slice(startOf(node), startOf(shown)).includes('\n');
  const unit = hasLines
    ? indentationAt(text, startOf(shown)).length - indentationAt(text, endOf(node, text)).length
    : 0;
  return {
    quoted,
    colon: ': ',
    comma: ', ',
    lineBreak: lineBreakOf(text),
    unit: unit > 0 ? ' '.repeat(unit) : undefined,
  };
}
