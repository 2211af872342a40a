import fc from 'fast-check';
import type { Router } from 'hono/router';
import { TrieRouter } from 'hono/router/trie-router';
import { describe, expect, test } from 'vitest';
import { StaticFirstRouter } from '../../src/http/static-first-router.ts';

const method = fc.constantFrom('GET', 'POST', 'DELETE');
const segment = fc.constantFrom('a', 'b', 'b:check', 'c.json', '');
const pattern = fc.constantFrom('a', 'b', 'b:check', ':name', ':id', '*', 'c.json');
const pathOf = (parts: readonly string[]): string => `/${parts.join('/')}`;

const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ add: fc.constantFrom('GET', 'POST', 'ALL'), path: routes(pattern) }) },
  { weight: 4, arbitrary: fc.record({ ask: method, path: routes(segment) }) },
);

function routes(part: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(part, { maxLength: 3 }).map(pathOf);
}

/** Compares a router with Hono's, over routes and requests that are drawn at random. */
function compare(make: () => Router<number>): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ours = make();
      const theirs = new TrieRouter<number>();
      for (const [number, each] of steps.entries()) {
        if ('add' in each) {
          ours.add(each.add, each.path, number);
          theirs.add(each.add, each.path, number);
        } else expect(ours.match(each.ask, each.path)).toEqual(theirs.match(each.ask, each.path));
      }
    }),
    { numRuns: 2_000 },
  );
}

describe('the router', () => {
  test("finds the handlers and parameters that Hono's finds", () => {
    compare(() => new StaticFirstRouter());
  });

  test('is found out if it remembers what has a parameter, or what was found before a route was added', () => {
    class Hasty extends StaticFirstRouter<number> {
      readonly #found = new Map<string, ReturnType<StaticFirstRouter<number>['match']>>();
      override match(method: string, path: string): ReturnType<StaticFirstRouter<number>['match']> {
        const key = `${method} ${path}`;
        const found = this.#found.get(key) ?? super.match(method, path);
        this.#found.set(key, found);
        return found;
      }
    }
    expect(() => compare(() => new Hasty())).toThrow('Property failed');
  });

  test('searches for a route without parameters once', () => {
    const router = new StaticFirstRouter<number>();
    router.add('ALL', '/*', 1);
    router.add('POST', '/compile', 2);
    router.add('GET', '/keys/:id', 3);
    expect(router.match('POST', '/compile')).toBe(router.match('POST', '/compile'));
    expect(router.match('GET', '/keys/a')).not.toBe(router.match('GET', '/keys/a'));
    expect(router.match('GET', '/compile')).not.toBe(router.match('GET', '/compile'));
  });
});
