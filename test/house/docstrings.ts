import type { ESTree } from 'rolldown/utils';
import { lineOf, type SourceFile } from './source.ts';

/** An exported declaration that no docstring describes. */
export interface Undocumented {
  readonly path: string;
  readonly line: number;
  readonly name: string;
}

/**
 * The exported declarations of a file without a docstring: functions, classes with their public methods, types and
 * constants. What is exported from another file is described there.
 */
export function undocumented(file: SourceFile): Undocumented[] {
  return file.program.body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration === null) return [];
    const { declaration } = statement;
    const missing = isDescribed(file, statement.start) ? [] : namesOf(declaration);
    const methods = declaration.type === 'ClassDeclaration' ? declaration.body.body : [];
    return [
      ...missing.map((name) => ({ path: file.path, line: lineOf(file, statement.start), name })),
      ...methods
        .filter((member) => isPublicMethod(member) && !isDescribed(file, member.start))
        .map((member) => ({
          path: file.path,
          line: lineOf(file, member.start),
          name: `${namesOf(declaration).join()}.${nameOfMember(member)}`,
        })),
    ];
  });
}

/** Whether a docstring stands right before a place. */
function isDescribed({ text, comments }: SourceFile, start: number): boolean {
  return comments.some(
    ({ type, value, end }) =>
      type === 'Block' && value.startsWith('*') && end <= start && /^\s*$/.test(text.slice(end, start)),
  );
}

function isPublicMethod(member: ESTree.ClassElement): boolean {
  return (
    member.type === 'MethodDefinition' &&
    member.kind !== 'constructor' &&
    member.override !== true &&
    member.key.type !== 'PrivateIdentifier' &&
    member.accessibility !== 'private'
  );
}

function nameOfMember(member: ESTree.ClassElement): string {
  return member.type === 'MethodDefinition' && member.key.type === 'Identifier' ? member.key.name : '';
}

function namesOf(declaration: ESTree.Declaration): string[] {
  if (declaration.type === 'VariableDeclaration')
    return declaration.declarations.map(({ id }) => (id.type === 'Identifier' ? id.name : 'a pattern'));
  return 'id' in declaration && declaration.id?.type === 'Identifier' ? [declaration.id.name] : [];
}
