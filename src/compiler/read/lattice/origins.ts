import { type Path, toPointer } from '../../model/pointer.ts';

/**
 * Where values were written that a reader has moved: their places in the document that it made, and those in the document
 * that it was given. Whatever lies below a moved value has moved with it.
 */
export class Origins {
  readonly #moved = new Map<string, Path>();

  /** Says that the value at one path was written at another. */
  move(to: Path, from: Path): void {
    this.#moved.set(toPointer(to), from);
  }

  /** The place of a value in the given document, which follows from that of its nearest ancestor that was moved. */
  of(path: Path): Path {
    for (let length = path.length; length > 0 && this.#moved.size > 0; length -= 1) {
      const origin = this.#moved.get(toPointer(path.slice(0, length)));
      if (origin !== undefined) return [...origin, ...path.slice(length)];
    }
    return path;
  }
}
