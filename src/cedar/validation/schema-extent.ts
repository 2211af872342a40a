/**
 * Measures a schema by its text, before Cedar reads it. A short text can stand for a large schema: by a declaration
 * of many names, by a `type` that others use, and by an action for many types.
 * @module
 */

/** The size of a schema. */
export interface SchemaExtent {
  /**
   * How many types it has, with each `type` written out where it is used, and each declaration once for each name.
   */
  readonly types: number;
  /** How many entity types and actions it has. */
  readonly names: number;
  /** How many kinds of requests it has: each action with each type of principal and of resource. */
  readonly requests: number;
}

/** The words, brackets and separators of a schema. */
const TOKEN = /[A-Za-z_]\w*|[{}()[\]<>;:,=]/g;

/** The keywords that declarations begin with. */
const STATEMENTS: ReadonlySet<string> = new Set(['entity', 'action', 'type']);

/** The tokens that end the names at the beginning of a declaration. */
const AFTER_NAMES: ReadonlySet<string> = new Set(['in', 'enum', 'appliesTo', 'tags', 'attributes', '=', '{']);

/** An upper bound of the size of a schema. Errors in the text are left for Cedar to report. */
export function schemaExtent(text: string): SchemaExtent {
  const statements = statementsIn(tokensOf(text));
  const sizeOf = expansion(statements);
  let types = 0;
  let names = 0;
  let requests = 0;
  for (const statement of statements) {
    const [keyword, ...rest] = statement;
    const end = rest.findIndex((token) => AFTER_NAMES.has(token));
    const head = end < 0 ? rest : rest.slice(0, end);
    const declared = 1 + head.filter((token) => token === ',').length;
    types += declared * (1 + sizeOf(rest.slice(head.length)));
    if (keyword === 'type') continue;
    names += declared;
    if (keyword === 'action') requests += declared * listed(rest, 'principal') * listed(rest, 'resource');
  }
  return { types, names, requests };
}

/** The deepest nesting of brackets in a schema, those of `Set<…>` included. */
export function schemaDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const token of tokensOf(text)) {
    if ('([{<'.includes(token)) depth += 1;
    else if (')]}>'.includes(token)) depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** The words, brackets and separators of a schema. A quoted name counts as a word; comments are left out. */
function tokensOf(text: string): string[] {
  const plain = text.replaceAll(/\/\/[^\n\r]*|"[^"\\]*(?:\\[\s\S][^"\\]*)*"?/g, (part) =>
    part.startsWith('"') ? ' _ ' : ' ',
  );
  return Array.from(plain.matchAll(TOKEN), ([token]) => token);
}

/** Cuts the tokens of a schema into its declarations. */
function statementsIn(tokens: readonly string[]): string[][] {
  const statements: string[][] = [];
  let current: string[] | undefined;
  let depth = 0;
  for (const token of tokens) {
    if (current === undefined) {
      // Tokens outside of declarations belong to namespaces and annotations.
      if (!STATEMENTS.has(token)) continue;
      current = [];
      statements.push(current);
      depth = 0;
    }
    current.push(token);
    if ('{([<'.includes(token)) depth += 1;
    else if ('})]>'.includes(token)) depth -= 1;
    else if (token === ';' && depth <= 0) current = undefined;
  }
  return statements;
}

/** Makes a function that counts the words of a declaration, with the name of each `type` written out. */
function expansion(statements: readonly (readonly string[])[]): (tokens: readonly string[]) => number {
  const bodies = new Map<string, readonly string[]>();
  for (const [keyword, name, ...body] of statements)
    if (keyword === 'type' && name !== undefined) bodies.set(name, [...(bodies.get(name) ?? []), ...body]);
  const sizes = new Map<string, number>();
  const sizeOf = (tokens: readonly string[]): number => {
    let size = 0;
    for (const token of tokens) {
      if (!/^[A-Za-z_]/.test(token)) continue;
      const body = bodies.get(token);
      if (body !== undefined && !sizes.has(token)) {
        // Cedar reports a type that contains itself. The first size keeps the recursion finite.
        sizes.set(token, 1);
        sizes.set(token, sizeOf(body));
      }
      size += sizes.get(token) ?? 1;
    }
    return size;
  };
  return sizeOf;
}

/** The number of types behind `principal:` or `resource:` in a declaration. */
function listed(tokens: readonly string[], what: string): number {
  let most = 0;
  for (const [at, token] of tokens.entries()) {
    if (token !== what || tokens[at + 1] !== ':') continue;
    if (tokens[at + 2] !== '[') {
      most = Math.max(most, 1);
      continue;
    }
    const end = tokens.indexOf(']', at);
    const list = tokens.slice(at + 3, end < 0 ? undefined : end);
    most = Math.max(most, list.length === 0 ? 0 : 1 + list.filter((each) => each === ',').length);
  }
  return most;
}
