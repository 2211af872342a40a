/**
 * Finds mutable state at the level of a module: what stays in memory between two requests without being in the object
 * that `src/isolate.ts` makes.
 *
 * It reads the syntax and knows no types, so it is a guide for those who mean well. What it looks for:
 *
 * - `let` and `var` at the top of a module, and mutable static fields;
 * - a constant that is changed: assigned into, or one of the methods that change a collection is called on it, in its
 *   own file or in one that imports it;
 * - an empty `new Map()` or `new Set()`, and `new` of anything that is not known to be without state;
 * - a call of a function that returns a closure over something that it changes;
 * - a regular expression with the flag `g` or `y` whose `test` or `exec` is called, for it remembers where it was.
 *
 * An exception has a comment before it that begins with `Module state:` and says why.
 * @module
 */
import { dirname, join } from 'node:path/posix';
import type { ESTree } from 'rolldown/utils';
import { lineOf, type SourceFile } from './source.ts';

/** A piece of mutable state. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly name: string;
  readonly what: string;
  /** Whether a comment says why it is there. */
  readonly excused: boolean;
}

/** Methods that change the collection that they are called on. */
const CHANGES = new Set([
  'add',
  'set',
  'delete',
  'clear',
  'push',
  'pop',
  'shift',
  'unshift',
  'splice',
  'sort',
  'reverse',
  'fill',
  'copyWithin',
]);
/** Methods of a regular expression that move its `lastIndex`, where it has one. */
const MATCHES = new Set(['test', 'exec']);
/** Collections, which are constant when they begin with all that they ever hold. */
const COLLECTIONS = new Set(['Map', 'Set']);
/** Classes of the platform whose instances are constant. */
const CONSTANT_CLASSES = new Set([
  'RegExp',
  'TextEncoder',
  'TextDecoder',
  'URL',
  'Collator',
  'Segmenter',
  'NumberFormat',
]);

type Node = ESTree.Node;

/** The mutable state in some files, which are looked at together, because one can change what another has. */
export function moduleState(files: readonly SourceFile[]): Finding[] {
  const house = new House(files);
  return files.flatMap((file) =>
    statementsOf(file).flatMap((statement) => house.findingsIn(file, statement)),
  );
}

/** What all files say of each other: which functions there are, and which names are changed. */
class House {
  readonly #functions = new Map<string, FunctionNode>();
  /** How each name at the top of a module is changed: by these methods, or by `=`. */
  readonly #changes = new Map<string, Set<string>>();
  readonly #sources = new Map<string, Map<string, string>>();

  constructor(files: readonly SourceFile[]) {
    for (const file of files) {
      const imported = importedNames(file);
      this.#sources.set(file.path, imported);
      for (const statement of statementsOf(file))
        for (const [name, node] of functionsIn(statement)) this.#functions.set(`${file.path}#${name}`, node);
      for (const { name, how } of changesIn(file.program, new Set())) {
        const key = imported.get(name) ?? `${file.path}#${name}`;
        this.#changes.set(key, (this.#changes.get(key) ?? new Set()).add(how));
      }
    }
  }

  /** What is mutable in a statement at the top of a module. */
  findingsIn(file: SourceFile, statement: Node): Finding[] {
    const excused = isExcused(file, statement);
    const found = (node: Node, name: string, what: string): Finding => ({
      path: file.path,
      line: lineOf(file, node.start),
      name,
      what,
      excused,
    });
    if (statement.type === 'ExpressionStatement')
      return setsUpPackage(file, statement.expression)
        ? [found(statement, nameOf(statement.expression.callee), 'sets something up in a package')]
        : [];
    if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') {
      const name = statement.id?.name ?? '';
      const members = statement.type === 'ClassDeclaration' ? statement.body.body : [];
      return [
        ...this.#isChanged(file, name, null).map((what) => found(statement, name, what)),
        ...members.flatMap((member) => this.#staticFindings(file, member, found)),
      ];
    }
    if (statement.type !== 'VariableDeclaration' || statement.declare === true) return [];
    return statement.declarations.flatMap((declaration) => {
      const { id, init } = declaration;
      const name = namesOf(id).join(', ');
      if (statement.kind !== 'const') return [found(declaration, name, `is declared with ${statement.kind}`)];
      const held = isReadonly(id) ? [] : this.#heldIn(file, init);
      const changed = namesOf(id).flatMap((each) => this.#isChanged(file, each, init));
      return [...changed, ...held].map((what) => found(declaration, name, what));
    });
  }

  /** Whether a name at the top of a file is changed after it was made. */
  #isChanged(file: SourceFile, name: string, init: Node | null): string[] {
    const made =
      init?.type === 'TSAsExpression' || init?.type === 'TSSatisfiesExpression' ? init.expression : init;
    const remembers = made?.type === 'Literal' && 'regex' in made && /[gy]/.test(made.regex.flags);
    // A table of functions may have one whose name is that of a method of collections.
    const own = made?.type === 'ObjectExpression' ? made.properties : [];
    const changes = [...(this.#changes.get(`${file.path}#${name}`) ?? [])].filter((how) =>
      MATCHES.has(how)
        ? remembers
        : !own.some((each) => each.type === 'Property' && nameOf(each.key) === how),
    );
    return changes.length > 0 ? [`is changed after it was made (${changes.join(', ')})`] : [];
  }

  #staticFindings(
    file: SourceFile,
    member: ESTree.ClassElement,
    found: (node: Node, name: string, what: string) => Finding,
  ): Finding[] {
    if (member.type === 'StaticBlock')
      return [found(member, 'static block', 'runs when the module is loaded')];
    if (member.type !== 'PropertyDefinition' || !member.static) return [];
    const name = `static ${member.key.type === 'Identifier' ? member.key.name : ''}`;
    return [
      ...(member.readonly === true ? [] : [found(member, name, 'is not readonly')]),
      ...this.#heldIn(file, member.value).map((what) => found(member, name, what)),
    ];
  }

  /** The state that an initialiser makes and keeps. */
  #heldIn(file: SourceFile, init: Node | null): string[] {
    if (init === null) return [];
    return [...walk(init, isFunction)].flatMap((node) => {
      if (node.type === 'NewExpression') return stateOfNew(node);
      if (node.type === 'CallExpression' && this.#returnsState(file.path, node.callee, []))
        return ['keeps what the function that makes it closes over'];
      return [];
    });
  }

  /** Whether a call of this function returns a closure over something that the closure changes. */
  #returnsState(path: string, callee: Node, trail: readonly string[]): boolean {
    const key = callee.type === 'Identifier' ? this.#keyOf(path, callee.name) : `${path}#${callee.start}`;
    if (trail.includes(key)) return false;
    const node = isFunction(callee) ? callee : this.#functions.get(key);
    if (node === undefined) return false;
    const at = key.slice(0, key.indexOf('#'));
    return returnedFrom(node).some((returned) => {
      if (isFunction(returned)) return changesOuter(returned, node);
      if (returned.type === 'NewExpression') return stateOfNew(returned).length > 0;
      return returned.type === 'CallExpression' && this.#returnsState(at, returned.callee, [...trail, key]);
    });
  }

  #keyOf(path: string, name: string): string {
    return this.#sources.get(path)?.get(name) ?? `${path}#${name}`;
  }
}

function stateOfNew({ callee, arguments: args }: ESTree.NewExpression): string[] {
  const name = nameOf(callee);
  if (CONSTANT_CLASSES.has(name)) return [];
  if (COLLECTIONS.has(name)) return args.length === 0 ? [`is an empty ${name}`] : [];
  return [`is an instance of ${name}`];
}

type FunctionNode = ESTree.Function | ESTree.ArrowFunctionExpression;

function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

/** What a function can return: expressions, and the functions in them or behind their names. */
function returnedFrom(node: FunctionNode): Node[] {
  const { body } = node;
  if (body === null) return [];
  const inner = [...walk(body, isFunction)];
  const returned =
    body.type === 'BlockStatement'
      ? inner.flatMap((each) => (each.type === 'ReturnStatement' && each.argument ? [each.argument] : []))
      : [body];
  const named = new Map([...inner.flatMap(functionsIn), ...inner.flatMap(madeIn)]);
  return returned.flatMap((each) =>
    [...walk(each, isFunction, isArguments)].flatMap((part) => {
      const behind = part.type === 'Identifier' ? named.get(part.name) : undefined;
      return behind === undefined ? [part] : [part, behind];
    }),
  );
}

/** Whether a function changes a variable of the function around it. */
function changesOuter(inner: FunctionNode, outer: FunctionNode): boolean {
  const names = declaredIn(outer);
  return [...changesIn(inner, new Set(), true)].some(({ name }) => names.has(name));
}

/** A variable whose content a node changes, and the method that does it, or `=`. */
interface Change {
  readonly name: string;
  readonly how: string;
}

/**
 * The changes of variables in a node that are not variables of a function in it.
 *
 * @param assigned Whether an assignment of another value counts as a change.
 */
function* changesIn(node: Node, hidden: ReadonlySet<string>, assigned = false): Generator<Change> {
  const change = changeBy(node, assigned);
  if (change !== undefined && !hidden.has(change.name)) yield change;
  const within = isFunction(node) ? new Set([...hidden, ...declaredIn(node)]) : hidden;
  for (const child of childrenOf(node)) yield* changesIn(child, within, assigned);
}

/** The change that a node makes: `a.b = 1`, `a[0] += 1`, `delete a.b`, `a.push(1)`, `Object.assign(a, …)`. */
function changeBy(node: Node, assigned: boolean): Change | undefined {
  const target = targetOf(node);
  if (target?.type === 'MemberExpression') return changeOf(target.object, '=');
  if (target?.type === 'Identifier' && assigned) return changeOf(target, '=');
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined;
  const { object, property } = node.callee;
  const how = nameOf(property);
  if (nameOf(object) === 'Object' && /^(assign|define)/.test(how)) return changeOf(node.arguments[0], '=');
  return CHANGES.has(how) || MATCHES.has(how) ? changeOf(object, how) : undefined;
}

/** What an assignment, `++`, `--` or `delete` writes to. */
function targetOf(node: Node): Node | undefined {
  if (node.type === 'AssignmentExpression') return node.left;
  if (node.type === 'UpdateExpression') return node.argument;
  return node.type === 'UnaryExpression' && node.operator === 'delete' ? node.argument : undefined;
}

function changeOf(node: Node | undefined, how: string): Change | undefined {
  const name = node === undefined ? undefined : rootOf(node);
  return name === undefined ? undefined : { name, how };
}

/** The names that a function declares: its parameters and the variables in it, but not those of functions in it. */
function declaredIn({ params, body }: FunctionNode): Set<string> {
  const declared = [...walk(body, isFunction)].flatMap((node) => {
    if (node.type === 'VariableDeclarator') return namesOf(node.id);
    return node.type === 'FunctionDeclaration' ? [node.id?.name ?? ''] : [];
  });
  return new Set([...params.flatMap(namesOf), ...declared]);
}

/** The variable at the beginning of `a.b[0].c`. */
function rootOf(node: Node): string | undefined {
  if (node.type === 'MemberExpression') return rootOf(node.object);
  return node.type === 'Identifier' ? node.name : undefined;
}

function nameOf(node: Node): string {
  if (node.type === 'MemberExpression') return node.property.type === 'Identifier' ? node.property.name : '';
  return node.type === 'Identifier' ? node.name : '';
}

function namesOf(node: Node): string[] {
  if (node.type === 'Identifier') return [node.name];
  return [...walk(node)].flatMap((each) => (each !== node && each.type === 'Identifier' ? [each.name] : []));
}

/** The functions that a statement declares by name. */
function functionsIn(statement: Node): [string, FunctionNode][] {
  if (statement.type === 'FunctionDeclaration') return [[statement.id?.name ?? '', statement]];
  if (statement.type !== 'VariableDeclaration') return [];
  return statement.declarations.flatMap(({ id, init }): [string, FunctionNode][] =>
    id.type === 'Identifier' && init !== null && isFunction(init) ? [[id.name, init]] : [],
  );
}

/** What a statement keeps by name that `new` or a call makes. A collection that is returned is looked at by who keeps it. */
function madeIn(statement: Node): [string, Node][] {
  if (statement.type !== 'VariableDeclaration') return [];
  return statement.declarations.flatMap(({ id, init }): [string, Node][] =>
    id.type === 'Identifier' &&
    (init?.type === 'CallExpression' ||
      (init?.type === 'NewExpression' && !COLLECTIONS.has(nameOf(init.callee))))
      ? [[id.name, init]]
      : [],
  );
}

/** Whether an expression calls a function of a package for its effect. Node's own are for programs. */
function setsUpPackage({ program }: SourceFile, node: Node): node is ESTree.CallExpression {
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return false;
  const { name } = node.callee;
  return program.body.some(
    (each) =>
      each.type === 'ImportDeclaration' &&
      !/^(\.|node:)/.test(each.source.value) &&
      each.specifiers.some(({ local }) => local.name === name),
  );
}

/** Whether a variable has a type that nothing can be changed through. */
function isReadonly(id: Node): boolean {
  const type = id.type === 'Identifier' ? id.typeAnnotation?.typeAnnotation : undefined;
  return type?.type === 'TSTypeReference' && /^Readonly(Set|Map)$/.test(nameOf(type.typeName));
}

/** The statements at the top of a file; an exported declaration counts as the declaration. */
function statementsOf({ program }: SourceFile): Node[] {
  return program.body.flatMap((statement): Node[] => {
    if (statement.type !== 'ExportNamedDeclaration' && statement.type !== 'ExportDefaultDeclaration')
      return [statement];
    return statement.declaration ? [statement.declaration] : [];
  });
}

/** What each imported name of a file is: the path of a file, #, and the name there. */
function importedNames({ path, program }: SourceFile): Map<string, string> {
  return new Map(
    program.body.flatMap((statement): [string, string][] =>
      statement.type === 'ImportDeclaration' && statement.source.value.startsWith('.')
        ? statement.specifiers.flatMap((each): [string, string][] =>
            each.type === 'ImportSpecifier'
              ? [[each.local.name, `${join(dirname(path), statement.source.value)}#${nameOf(each.imported)}`]]
              : [],
          )
        : [],
    ),
  );
}

/** Whether the comments right before a statement say why it may hold state. */
function isExcused({ text, comments }: SourceFile, { start }: Node): boolean {
  return comments.some(
    ({ value, end, start: from }) =>
      end <= start &&
      /^[\s*]*Module state: \S/m.test(value) &&
      /^\s*(export\s+(default\s+)?)?(\/\/.*\s*)*$/.test(text.slice(end, start)) &&
      from >= 0,
  );
}

const isArguments = (parent: Node, key: string): boolean =>
  parent.type === 'CallExpression' && key === 'arguments';

/** A node and all nodes in it. It does not go into the nodes that `stop` names, and not into the fields that `skip` names. */
function* walk(
  node: Node | null,
  stop: (node: Node) => boolean = () => false,
  skip: (parent: Node, key: string) => boolean = () => false,
): Generator<Node> {
  if (node === null) return;
  yield node;
  if (stop(node)) return;
  for (const child of childrenOf(node, skip)) yield* walk(child, stop, skip);
}

function childrenOf(node: Node, skip: (parent: Node, key: string) => boolean = () => false): Node[] {
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) =>
    key === 'parent' || skip(node, key) ? [] : [value].flat().filter(isNode),
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
