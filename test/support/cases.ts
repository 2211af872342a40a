import { send } from './worker.ts';

const files = import.meta.glob('../fixtures/cases/*', { query: '?raw', import: 'default', eager: true });

/** The text of a file under test/fixtures/cases. */
export function caseText(name: string): string {
  const text = files[`../fixtures/cases/${name}`];
  if (typeof text !== 'string') throw new Error(`There is no test/fixtures/cases/${name}.`);
  return text;
}

/** Posts a file under test/fixtures/cases as it is. */
export function postCase(
  path: string,
  name: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const type = name.endsWith('.json') ? 'application/json' : 'application/yaml';
  return send(path, { method: 'POST', body: caseText(name), headers: { 'content-type': type, ...headers } });
}
