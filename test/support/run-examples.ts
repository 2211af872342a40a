/**
 * Runs the `@example` blocks of the files that are named as arguments. A line `expression; // => value` holds the one
 * to the other. In scope are the exports of the file and those of the compiler's public entry. Run it by
 * `node --import ./src/cli/hooks.ts test/support/run-examples.ts <file> …`; it prints how many examples and lines it
 * held, as JSON.
 * @module
 */
import { deepStrictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The code of the examples in a source text. */
function examplesIn(source: string): string[] {
  return [...source.matchAll(/\/\*\*(.*?)\*\//gs)].flatMap(([, comment = '']) =>
    comment
      .split('\n')
      .map((line) => line.replace(/^ *\* ?/, ''))
      .join('\n')
      .split(/^@example$/m)
      .slice(1)
      .map((example) => example.split(/^@/m)[0] ?? ''),
  );
}

const EXPECTATION = /^(.*?);? \/\/ => (.*)$/gm;
const AsyncFunction: FunctionConstructor = Object.getPrototypeOf(async () => {}).constructor;
const entry: Readonly<Record<string, unknown>> = await import('../../src/compiler/index.ts');

let examples = 0;
let expectations = 0;
for (const file of process.argv.slice(2)) {
  const own: Readonly<Record<string, unknown>> = await import(pathToFileURL(resolve(file)).href);
  for (const example of examplesIn(readFileSync(file, 'utf8'))) {
    const code = example.replaceAll(EXPECTATION, 'equal(await ($1), $2);');
    expectations += [...example.matchAll(EXPECTATION)].length;
    examples += 1;
    const scope = { ...entry, ...own, equal: deepStrictEqual };
    try {
      await new AsyncFunction(...Object.keys(scope), stripTypeScriptTypes(code))(...Object.values(scope));
    } catch (error) {
      console.error(`${file}: an example does not run.\n${example}`);
      throw error;
    }
  }
}
console.log(JSON.stringify({ examples, expectations }));
