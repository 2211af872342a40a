import { dirname, isAbsolute, relative, resolve } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Turns a path as the user typed it into a path from the working folder of this process: a relative one when the file
 * is below that folder, so that messages stay short, and an absolute one otherwise.
 *
 * @param variables The environment variables, which tell where npm was called.
 */
export function callersPath(path: string, variables: Variables): string {
  const absolute = resolve(callerFolder(variables), path);
  const fromHere = relative(process.cwd(), absolute);
  return fromHere.startsWith('..') || isAbsolute(fromHere) ? absolute : fromHere || '.';
}

/**
 * The folder in which the user typed the command. `npm run` changes to the folder of the package before it runs
 * anything. With `npm --prefix`, or from another repository, `./policies` would be Tracewright's own without this.
 */
function callerFolder({ INIT_CWD, npm_package_json }: Variables): string {
  const byNpm = npm_package_json !== undefined && dirname(npm_package_json) === process.cwd();
  return byNpm && INIT_CWD !== undefined ? INIT_CWD : process.cwd();
}
