import { dirname, join } from 'node:path/posix';
import { Visitor } from 'rolldown/utils';
import type { SourceFile } from './source.ts';

/** One file names another, or a package, in an import of any form. */
export interface Import {
  /** The path of the file that imports. */
  readonly from: string;
  /** The path of the imported file, e.g. `src/app.ts`, or the name of a package as it is written. */
  readonly to: string;
  readonly isPackage: boolean;
}

/**
 * The imports of a file: of values and of types, exports from another file, `import('…')` of a module, and
 * `import('…')` in a type, which the linter does not see.
 */
export function importsOf({ path, program }: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: unknown): void => {
    if (typeof specifier !== 'string') return;
    const isPackage = !specifier.startsWith('.');
    found.push({ from: path, to: isPackage ? specifier : join(dirname(path), specifier), isPackage });
  };
  const ofSource = ({ source }: { source: { value: unknown } | null }): void => add(source?.value);
  new Visitor({
    ImportDeclaration: ofSource,
    ExportNamedDeclaration: ofSource,
    ExportAllDeclaration: ofSource,
    TSImportType: ofSource,
    ImportExpression: ({ source }) => add(source.type === 'Literal' ? source.value : undefined),
  }).visit(program);
  return found;
}

/** The circles among imports, each as the paths that lead from a file back to it; one for each import that closes one. */
export function circlesOf(imports: readonly Import[]): string[][] {
  const next = Map.groupBy(imports, ({ from }) => from);
  const circles: string[][] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) circles.push([...trail.slice(at), path]);
    if (at >= 0 || done.has(path)) return;
    for (const { to } of next.get(path) ?? []) walk(to, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) walk(path, []);
  return circles;
}
