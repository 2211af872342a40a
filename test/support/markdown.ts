import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { z } from 'zod';

export interface Node {
  readonly type: string;
  readonly value?: string | undefined;
  readonly children?: readonly Node[] | undefined;
}
const NodeSchema: z.ZodType<Node> = z.looseObject({
  type: z.string(),
  value: z.string().optional(),
  get children() {
    return z.array(NodeSchema).optional();
  },
});

/** Every node of a text, as GitHub reads it. */
export function nodes(text: string): Node[] {
  const flat = (node: Node): Node[] => [node, ...(node.children ?? []).flatMap(flat)];
  const tree = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  return flat(NodeSchema.parse(tree));
}
