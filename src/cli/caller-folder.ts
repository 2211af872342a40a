import { dirname, isAbsolute, relative, resolve } from 'node:path';

/**
 * The folder where somebody typed the command. `npm run` changes to the folder of the package before it
 * runs anything: with `npm --prefix` or from another repository, `./policies` would be Tracewright's own.
 */
function callerFolder(): string {
  const { INIT_CWD, npm_package_json } = process.env;
  const byNpm = npm_package_json !== undefined && dirname(npm_package_json) === process.cwd();
  return byNpm && INIT_CWD !== undefined ? INIT_CWD : process.cwd();
}

/** A path that a caller gave, as this process finds it: the shortest, so that messages can be read. */
export function callersPath(path: string): string {
  const absolute = resolve(callerFolder(), path);
  const here = relative(process.cwd(), absolute);
  return here.startsWith('..') || isAbsolute(here) ? absolute : here || '.';
}
