import type { Places } from './places.ts';
import { SimpleBlocks } from './simple-blocks.ts';
import { SimpleRecord } from './simple-record.ts';
import { afterMarker, type Piece } from './yaml-pieces.ts';

/** A document that was read in one pass. */
export interface SimpleDocument {
  /** A mapping or a list. */
  readonly value: unknown;
  /** Where its value begins. */
  readonly root: number;
  readonly places: Places;
  /** How many values it holds. */
  readonly nodes: number;
  /** How many characters its strings hold. */
  readonly characters: number;
}

/**
 * Reads a piece of a YAML text in one pass, if it is written in the simple style of most Kubernetes objects: one mapping
 * or list in block style, of keys and scalars that end on their line, texts in blocks, and brackets that close on their
 * line.
 *
 * Everything else is left to the general reader: anchors, aliases, tags, merge keys, directives, tabs, CRLF, texts over
 * several lines, keys that readers do not agree on, numbers that are rounded, and whatever is a fault.
 *
 * @returns undefined if the general reader must read the piece.
 */
export function readSimpleDocument(text: string, piece: Piece): SimpleDocument | undefined {
  const record = new SimpleRecord();
  const blocks = new SimpleBlocks(text, afterMarker(text, piece), piece.end, record);
  const { root } = blocks;
  const value = blocks.document();
  if (value === undefined) return undefined;
  const { places, nodes, characters } = record;
  return { value, root, places, nodes, characters };
}
