import { CommandError, EXIT } from '../shell/command-error.ts';
import type { OptionName, Options } from './command-options.ts';

/**
 * The query of a request that decides about workloads, from `--set`, `--version`, `--namespace` and `--query`.
 *
 * @param more Other parameters of the query. `--query` wins over them.
 * @throws CommandError when an option is not as expected.
 */
export function decisionQuery(
  options: Options,
  more: Readonly<Record<string, string>> = {},
): URLSearchParams {
  const query = new URLSearchParams({ policySet: options.set, version: options.version, ...more });
  const [namespace, ...others] = options.namespace;
  if (others.length > 0)
    throw new CommandError(EXIT.usage, '--namespace is taken once: other workloads name their own.');
  if (namespace !== undefined) query.set('namespace', namespace);
  for (const each of options.query) {
    const equals = each.indexOf('=');
    if (equals < 1) throw new CommandError(EXIT.usage, `--query ${each}: expected <name>=<value>.`);
    query.set(each.slice(0, equals), each.slice(equals + 1));
  }
  return query;
}

/**
 * The number that the text of an option means.
 *
 * @returns A whole number from 1 to 999,999.
 * @throws CommandError when it is no such number.
 */
export function wholeNumber(option: OptionName, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new CommandError(EXIT.usage, `--${option} ${text}: expected a whole number.`);
}
