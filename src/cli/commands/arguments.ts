import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseDocuments } from '../../compiler/read/documents.ts';
import { callersPath } from '../caller-folder.ts';
import type { Sent } from '../client.ts';
import { Exit } from '../exit.ts';
import type { OptionName, Options } from '../options.ts';
/** A file of workloads, `-` for stdin. @throws Exit when it cannot be read */
export function workloads(file: string): Sent {
  try {
    const body = readFileSync(file === '-' ? 0 : callersPath(file), 'utf8');
    const json = file.endsWith('.json') && parseDocuments(body, 'json').ok;
    return { body, type: json ? 'application/json' : 'application/yaml' };
  } catch (error) {
    const missing = z.object({ code: z.literal('ENOENT') }).safeParse(error).success;
    const why = error instanceof Error ? error.message : String(error);
    throw new Exit(2, missing ? `There is no file ${callersPath(file)}.` : `${file} cannot be read: ${why}.`);
  }
}

/** The query of a request that decides about workloads. @throws Exit when an option is not as expected */
export function queryOf(options: Options, more: Readonly<Record<string, string>> = {}): URLSearchParams {
  const query = new URLSearchParams({ policySet: options.set, version: options.version, ...more });
  const [namespace, ...others] = options.namespace;
  if (others.length > 0) throw new Exit(2, '--namespace is taken once: other workloads name their own.');
  if (namespace !== undefined) query.set('namespace', namespace);
  for (const each of options.query) {
    const at = each.indexOf('=');
    if (at < 1) throw new Exit(2, `--query ${each}: expected <name>=<value>.`);
    query.set(each.slice(0, at), each.slice(at + 1));
  }
  return query;
}

/** The number that an option gives. @throws Exit when it is none */
export function wholeNumber(option: OptionName, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Exit(2, `--${option} ${text}: expected a whole number.`);
}
