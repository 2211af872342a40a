/**
 * Copies the files of Swagger UI from its package into `assets/`, from where the Worker serves them beside its script.
 * Wrangler runs it before whatever it builds (wrangler.toml, `build`): a development server, a bundle, a deployment.
 * The tests run it too (vitest.config.ts).
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const PACKAGE = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

/** What is served under `/docs/`, by its name in the package. */
const FILES = { 'swagger-ui-bundle.js': 'swagger-ui.js', 'swagger-ui.css': 'swagger-ui.css' };

const folder = join(ROOT, 'assets/docs');
mkdirSync(folder, { recursive: true });
for (const [source, name] of Object.entries(FILES)) {
  const from = join(PACKAGE, source);
  const to = join(folder, name);
  // A server that runs already watches the folder, and several may begin at once.
  if (existsSync(to) && statSync(to).size === statSync(from).size) continue;
  const part = `${to}.${process.pid}`;
  copyFileSync(from, part);
  renameSync(part, to);
}
