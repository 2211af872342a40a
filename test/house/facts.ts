import { type ESTree, Visitor } from 'rolldown/utils';
import { lineOf, type SourceFile } from './source.ts';

/** The size of the files in a folder, without the folders in it. */
export interface FolderFacts {
  readonly folder: string;
  readonly files: number;
  readonly medianLines: number;
  readonly largest: { readonly path: string; readonly lines: number };
}

/** A function and how many lines it has. */
export interface FunctionFacts {
  readonly path: string;
  readonly line: number;
  readonly name: string;
  readonly lines: number;
}

/** The facts of each folder that has files, in the order of the paths. */
export function folderFacts(files: readonly SourceFile[]): FolderFacts[] {
  const folders = Map.groupBy(files, ({ path }) => path.slice(0, path.lastIndexOf('/')));
  return [...folders]
    .map(([folder, within]): FolderFacts => {
      const sized = within
        .map(({ path, text }) => ({ path, lines: linesOf(text) }))
        .sort((a, b) => b.lines - a.lines);
      const lines = sized.map((each) => each.lines);
      return {
        folder,
        files: sized.length,
        medianLines: medianOf(lines),
        largest: sized[0] ?? { path: '', lines: 0 },
      };
    })
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** The paths of files that have one name, in groups. An `index.ts` is named for its folder. */
export function namesakes(files: readonly SourceFile[]): string[][] {
  const named = Map.groupBy(files, ({ path }) => path.slice(path.lastIndexOf('/') + 1));
  return [...named]
    .filter(([name, { length }]) => name !== 'index.ts' && length > 1)
    .map(([, within]) => within.map(({ path }) => path));
}

/** The longest functions of some files, the longest first. */
export function longestFunctions(files: readonly SourceFile[], count: number): FunctionFacts[] {
  return files
    .flatMap(functionsOf)
    .sort((a, b) => b.lines - a.lines)
    .slice(0, count);
}

function functionsOf(file: SourceFile): FunctionFacts[] {
  const found: FunctionFacts[] = [];
  const names = new Map<number, string>();
  const add = ({ start, end, id }: ESTree.Function | ESTree.ArrowFunctionExpression): void => {
    const line = lineOf(file, start);
    const name = id?.name ?? names.get(start) ?? 'a function';
    found.push({ path: file.path, line, name, lines: lineOf(file, end) - line + 1 });
  };
  const nameIt = (key: ESTree.Node, value: ESTree.Node | null): void => {
    if (value !== null && key.type === 'Identifier') names.set(value.start, key.name);
  };
  new Visitor({
    VariableDeclarator: ({ id, init }) => nameIt(id, init),
    MethodDefinition: ({ key, value }) => nameIt(key, value),
    Property: ({ key, value }) => nameIt(key, value),
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
  }).visit(file.program);
  return found;
}

function linesOf(text: string): number {
  return text.split('\n').length - 1;
}

/** The value in the middle of numbers in their order; of two in the middle, the mean. */
function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const [a = 0, b = a] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (a + b) / 2;
}
