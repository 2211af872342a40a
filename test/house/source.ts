import { readdirSync, readFileSync } from 'node:fs';
import { type ParseResult, parseSync } from 'rolldown/utils';

/** A file of TypeScript, parsed. */
export interface SourceFile {
  /** From the root of the repository, e.g. `src/app.ts`. */
  readonly path: string;
  readonly text: string;
  readonly program: ParseResult['program'];
  readonly comments: ParseResult['comments'];
}

/** Parses the text of a file. @throws Error when it is not TypeScript. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text, { preserveParens: false });
  if (errors.length > 0) throw new Error(`${path}: ${errors.map(({ message }) => message).join('; ')}`);
  return { path, text, program, comments };
}

/** Every TypeScript file of a folder and the folders in it, in the order of their paths. */
export function sourcesIn(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => `${folder}/${name}`)
    .sort()
    .map((path) => parseSource(path, readFileSync(path, 'utf8')));
}

/** The line of a place in a file, counted from 1. */
export function lineOf({ text }: SourceFile, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
