import { z } from 'zod';
import { ApiKeySchema, CreatedApiKeySchema } from '../../../access/key-schemas.ts';
import { CommandError, EXIT, type ExitCode } from '../../shell/command-error.ts';
import { API_OPTIONS, type CommandFamily, type Task } from '../command.ts';
import { wholeNumber } from '../option-values.ts';
import { printAnswer, printList } from '../print-answers.ts';

/** The commands about callers and API keys. */
export const KEY_COMMANDS: CommandFamily = {
  who: {
    args: [],
    summary: 'Show who the API takes you for, as policies see you.',
    options: [...API_OPTIONS],
    run: (task) => printAnswer(task, 'GET', '/caller'),
  },
  'keys list': {
    args: [],
    summary: 'List the API keys; never the keys themselves.',
    options: ['limit', 'json', ...API_OPTIONS],
    run: (task) =>
      printList(task, {
        path: '/keys',
        field: 'keys',
        item: KeyAnswerSchema,
        row: ({ id, revokedAt, expiresAt, owner, scopes, name }) => [
          id,
          revokedAt === null ? `until ${expiresAt}` : `revoked ${revokedAt}`,
          owner,
          scopes.join(','),
          name,
        ],
      }),
  },
  'keys create': {
    args: [],
    summary: 'Create an API key, and print it this once.',
    options: ['name', 'owner', 'scope', 'namespace', 'policy-set', 'days', 'json', ...API_OPTIONS],
    run: createKey,
  },
  'keys revoke': {
    args: ['<id>'],
    summary: 'Revoke an API key.',
    options: [...API_OPTIONS],
    run: revokeKey,
  },
};

// A newer API may answer with more fields, and with scopes, that this program does not know.
const { id, name, owner, expiresAt, revokedAt } = ApiKeySchema.shape;
const KeyAnswerSchema = z.looseObject({ id, name, owner, scopes: z.array(z.string()), expiresAt, revokedAt });
const CreatedKeyAnswerSchema = KeyAnswerSchema.extend({ key: CreatedApiKeySchema.shape.key });

async function createKey({ shell, api, options }: Task): Promise<ExitCode> {
  const { name, owner, scope, namespace, days } = options;
  const policySets = options['policy-set'];
  if (name === '' || owner === '' || scope.length === 0)
    throw new CommandError(EXIT.usage, 'keys create needs --name, --owner and at least one --scope.');
  const body = JSON.stringify({
    name,
    owner,
    scopes: scope,
    expiresInDays: wholeNumber('days', days),
    ...(namespace.length === 0 ? {} : { namespaces: namespace }),
    ...(policySets.length === 0 ? {} : { policySets }),
  });
  const created = await api.json(CreatedKeyAnswerSchema, 'POST', '/keys', { body });
  if (options.json) shell.print(JSON.stringify(created, null, 2));
  else {
    shell.note(`The key ${created.id} is good until ${created.expiresAt}. It is shown this once:`);
    shell.print(created.key);
  }
  return EXIT.done;
}

async function revokeKey({ shell, api, args: [id = ''] }: Task): Promise<ExitCode> {
  const key = await api.json(KeyAnswerSchema, 'DELETE', `/keys/${encodeURIComponent(id)}`);
  shell.print(`The key ${key.id} (${key.name}) is revoked.`);
  return EXIT.done;
}
