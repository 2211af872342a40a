import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, visit } from 'yaml';
import { type Path, toPointer } from '../../compiler/model/pointer.ts';
import { isMapping } from '../../compiler/read/mapping.ts';
import { type Change, valueAt } from './change.ts';
import { isFlow, isNull, nodeOf, pairOf, usedAnchors, valueStart } from './yaml-nodes.ts';

/**
 * Why a change cannot be made in the text of a YAML document; undefined if it can. Most obstacles are anchors: a change
 * of what an anchor names changes every place that has an alias of it.
 */
export class YamlObstacles {
  readonly #text: string;
  readonly #root: Node | undefined;
  readonly #value: unknown;
  readonly #used: ReadonlySet<string>;

  /** `value` is the document as data. */
  constructor(text: string, document: Document.Parsed, value: unknown) {
    this.#text = text;
    this.#root = nodeOf(document.contents);
    this.#value = value;
    this.#used = usedAnchors(document);
  }

  /** Why a change of the document cannot be made. */
  of(change: Change): string | undefined {
    return this.#find(this.#root, this.#value, change, []);
  }

  #find(node: Node | undefined, value: unknown, change: Change, path: Path): string | undefined {
    if (node === undefined) return undefined;
    const named = this.#anchorIn(node, change.kind !== 'members');
    if (named !== undefined)
      return `The value at ${toPointer(path)} has the YAML anchor &${named}, and *${named} stands elsewhere: a change here would change that place too. Write the value out in both places, or apply the JSON patch.`;
    if (isNull(node) && isScalar(node) && node.tag !== undefined)
      return `The value at ${toPointer(path)} has the YAML tag ${node.tag}, which does not go with a new value. Remove the tag.`;
    if (change.kind !== 'members') return this.#findComment(node, path);
    for (const [step, each] of change.members) {
      const found = this.#findIn(node, valueAt(value, step), value, step, each, path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #findIn(
    node: Node,
    present: unknown,
    value: unknown,
    step: string | number,
    change: Change,
    path: Path,
  ): string | undefined {
    const at = [...path, step];
    if (isSeq(node)) return this.#find(nodeOf(node.items[Number(step)]), present, change, at);
    const pair = isMap(node) ? pairOf(node, step) : undefined;
    if (pair !== undefined) return this.#findInPair(pair, present, change, at);
    const isOverwritten = change.kind === 'written' || (change.kind === 'members' && present == null);
    if (isOverwritten && (!isAlias(node) || value === null || isMapping(value))) return undefined;
    if (present === undefined && !isAlias(node)) return undefined;
    return `The value at ${toPointer(at)} comes from a YAML alias, and a change of it would change every place that has the alias. Write the value out here, or apply the JSON patch.`;
  }

  #findInPair(pair: Pair, present: unknown, change: Change, path: Path): string | undefined {
    if (valueStart(pair) === undefined)
      return `The key at ${toPointer(path)} has no colon. Write its value out, or remove it.`;
    return this.#find(nodeOf(pair.value), present, change, path);
  }

  /** The name of an anchor of the node that is used elsewhere; of one within it too, if all of it is replaced. */
  #anchorIn(node: Node, isReplaced: boolean): string | undefined {
    if ('anchor' in node && typeof node.anchor === 'string' && this.#used.has(node.anchor))
      return node.anchor;
    if (!isReplaced) return undefined;
    let found: string | undefined;
    visit(node, {
      Node: (_, each) => {
        if (isNode(each) && 'anchor' in each && each.anchor !== undefined && this.#used.has(each.anchor))
          found ??= each.anchor;
      },
    });
    return found;
  }

  /** A list in brackets is written anew, and comments in it would be lost. */
  #findComment(node: Node, path: Path): string | undefined {
    if (!isSeq(node) || !isFlow(node)) return undefined;
    if (!/[\s[]#/.test(this.#text.slice(node.range?.[0], node.range?.[1]))) return undefined;
    return `The list at ${toPointer(path)} has comments between brackets, which would be lost. Write it with a line for each item, or apply the JSON patch.`;
  }
}
