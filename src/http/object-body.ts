import type { z } from 'zod';
import { parseValue } from '../compiler/model/parse.ts';
import { type Path, toPointer } from '../compiler/model/pointer.ts';
import type { Position, SourceDocument } from '../compiler/read/documents/source-document.ts';
import { invalidRequest } from './problems.ts';

/** A body that is one object, and a way to find the line of every value in it. */
export interface ReadObject<T> {
  readonly value: T;
  locate(path: Path): Position | undefined;
}

/**
 * Reads a body that is one object, and checks it by a schema. An empty body counts as an empty object.
 *
 * @throws Problem `invalid-request`, with every fault.
 */
export function readObject<T extends z.ZodType>(
  documents: readonly SourceDocument[],
  schema: T,
): ReadObject<z.output<T>> {
  const [document, ...others] = documents;
  if (others.length > 0) throw invalidRequest([{ message: 'Expected one document.', document: 1 }]);
  const locate = (path: Path): Position | undefined => document?.locate(path);
  const parsed = parseValue(schema, document?.value ?? {});
  if (parsed.ok) return { value: parsed.data, locate };
  throw invalidRequest(
    parsed.issues.map(({ path, message }) => ({
      message,
      document: 0,
      pointer: toPointer(path),
      ...locate(path),
    })),
  );
}
