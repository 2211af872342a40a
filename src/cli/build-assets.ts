/**
 * Copies the files of Swagger UI from its package into `assets/`, from where the Worker serves them beside its script.
 * Wrangler runs it before each build (wrangler.toml, `build`): for a development server, a bundle or a deployment.
 * The tests run it too (vitest.config.ts).
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const PACKAGE = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

/** The files that are served under `/docs/`: the name in the package, and the name in `assets/docs/`. */
const FILES = { 'swagger-ui-bundle.js': 'swagger-ui.js', 'swagger-ui.css': 'swagger-ui.css' };

const folder = join(ROOT, 'assets/docs');
mkdirSync(folder, { recursive: true });
for (const [source, name] of Object.entries(FILES)) {
  const from = join(PACKAGE, source);
  const to = join(folder, name);
  // A file that is as it should be is not written again, because running servers watch the folder. Several processes may
  // copy at the same time, so each one writes a file of its own and renames it.
  if (existsSync(to) && statSync(to).size === statSync(from).size) continue;
  const part = `${to}.${process.pid}`;
  copyFileSync(from, part);
  renameSync(part, to);
}
