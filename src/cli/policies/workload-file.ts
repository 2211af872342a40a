import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseDocuments } from '../../compiler/read/documents.ts';
import type { RequestParts } from '../api-client/api-client.ts';
import { CommandError, EXIT, messageOf } from '../shell/command-error.ts';
import type { Shell } from '../shell/shell.ts';

/**
 * The body of a request about the workloads of a file, with its media type.
 *
 * @param file The path as the user typed it; `-` for stdin.
 * @throws CommandError when the file cannot be read.
 */
export function workloadsBody(shell: Shell, file: string): RequestParts {
  try {
    const body = file === '-' ? shell.readInput() : readFileSync(shell.pathOf(file), 'utf8');
    // A .json file that is not strictly JSON is sent as YAML, which allows more.
    const json = file.endsWith('.json') && parseDocuments(body, 'json').ok;
    return { body, type: json ? 'application/json' : 'application/yaml' };
  } catch (error) {
    const missing = z.object({ code: z.literal('ENOENT') }).safeParse(error).success;
    throw new CommandError(
      EXIT.usage,
      missing ? `There is no file ${shell.pathOf(file)}.` : `${file} cannot be read: ${messageOf(error)}.`,
    );
  }
}
