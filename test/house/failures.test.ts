import { type ESTree, Visitor } from 'rolldown/utils';
import { expect, test } from 'vitest';
import { FAILURES } from '../../src/failures/failure.ts';
import { parseSource, type SourceFile, sourcesIn } from './source.ts';

interface ErrorClass {
  readonly name: string;
  readonly base: string;
  /** What its field `code` can be. */
  readonly codes: readonly string[];
}

/** The classes with a base class, and for each class that is made by `new`, the texts that come first in the call. */
function classesOf(files: readonly SourceFile[]): { classes: ErrorClass[]; made: Map<string, Set<string>> } {
  const classes: ErrorClass[] = [];
  const made = new Map<string, Set<string>>();
  for (const { program } of files) {
    new Visitor({
      ClassDeclaration({ id, superClass, body }) {
        if (superClass?.type !== 'Identifier') return;
        classes.push({ name: id?.name ?? '', base: superClass.name, codes: body.body.flatMap(codesOf) });
      },
      NewExpression({ callee, arguments: [first] }) {
        if (callee.type !== 'Identifier') return;
        const texts = made.get(callee.name) ?? new Set();
        made.set(callee.name, texts);
        if (first?.type === 'Literal' && typeof first.value === 'string') texts.add(first.value);
      },
    }).visit(program);
  }
  return { classes, made };
}

/** The codes in `readonly code = 'a'` and in `readonly code: 'a' | 'b'`. */
function codesOf(member: ESTree.ClassElement): string[] {
  if (member.type !== 'PropertyDefinition' || member.key.type !== 'Identifier' || member.key.name !== 'code')
    return [];
  const type = member.typeAnnotation?.typeAnnotation;
  const parts = type?.type === 'TSUnionType' ? type.types : [type];
  return [member.value, ...parts.map((part) => (part?.type === 'TSLiteralType' ? part.literal : null))]
    .filter((node) => node?.type === 'Literal')
    .flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
}

/** What is wrong with the errors of some files. */
function strangers(files: readonly SourceFile[]): string[] {
  return classesOf(files)
    .classes.filter(({ name, base }) => /Error$/.test(base) && !(name === 'Failure' && base === 'Error'))
    .map(({ name, base }) => `${name} extends ${base}`);
}

const SRC = sourcesIn('src');

test('every class of errors is a failure', () => {
  expect(strangers(SRC)).toEqual([]);
  expect(strangers([parseSource('a.ts', 'class A extends TypeError {} class B extends Failure {}')])).toEqual(
    ['A extends TypeError'],
  );
});

test('each code belongs to one class, and is used', () => {
  const { classes, made } = classesOf(SRC);
  const family = classes.filter(({ base }) => base === 'Failure');
  expect(family.flatMap(({ codes }) => codes).sort()).toEqual(Object.keys(FAILURES).sort());
  for (const { name, codes } of family) {
    const texts = made.get(name);
    expect(texts, `new ${name}`).toBeDefined();
    if (codes.length > 1) expect([...(texts ?? [])].sort(), name).toEqual([...codes].sort());
  }
});
