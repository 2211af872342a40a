/**
 * Lets Node import the files that the bundle of the Worker holds as modules (wrangler.toml, `rules`): the WebAssembly of
 * Cedar, and Cedar schemas and policies. Node loads it first: `node --import ./src/cli/hooks.ts …`.
 * @module
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

registerHooks({
  load(url, context, next) {
    const path = url.startsWith('file:') ? fileURLToPath(url) : '';
    if (path.endsWith('.cedarschema') || path.endsWith('.cedar')) {
      const source = `export default ${JSON.stringify(readFileSync(path, 'utf8'))};`;
      return { format: 'module', source, shortCircuit: true };
    }
    if (path.endsWith('.wasm')) {
      const source = `import { readFileSync } from 'node:fs';
        export default new WebAssembly.Module(readFileSync(${JSON.stringify(path)}));`;
      return { format: 'module', source, shortCircuit: true };
    }
    return next(url, context);
  },
});
