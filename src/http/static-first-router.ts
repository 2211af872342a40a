import type { Result, Router } from 'hono/router';
import { TrieRouter } from 'hono/router/trie-router';

/**
 * Finds the handlers of a request, as Hono's router of any path does. Of routes whose path is the same for every
 * request it remembers what that router found, because searching its tree takes longer than any middleware.
 *
 * It holds at most one result for each route that was added.
 */
export class StaticFirstRouter<T> implements Router<T> {
  readonly name = 'StaticFirstRouter';
  readonly #all = new TrieRouter<T>();
  /** The routes that have no parameter, with what was found for them. */
  readonly #found = new Map<string, Result<T> | undefined>();

  /** Adds a handler of a path, behind those that were added before. */
  add(method: string, path: string, handler: T): void {
    this.#all.add(method, path, handler);
    // A route that is added later may be another handler of a path that was found before.
    for (const route of this.#found.keys()) this.#found.set(route, undefined);
    if (!/[:*?{]/.test(path)) this.#found.set(routeOf(method, path), undefined);
  }

  /** The handlers of a request, each with its parameters. The result may be shared, so it must not be changed. */
  match(method: string, path: string): Result<T> {
    const route = routeOf(method, path);
    const held = this.#found.get(route);
    if (held !== undefined) return held;
    const result = this.#all.match(method, path);
    if (this.#found.has(route)) this.#found.set(route, result);
    return result;
  }
}

function routeOf(method: string, path: string): string {
  return `${method} ${path}`;
}
