import { z } from 'zod';
import { Exit } from '../exit.ts';
import { say, tell } from '../show.ts';
import { list, print } from './answers.ts';
import { wholeNumber } from './arguments.ts';
import { type Command, type Task, URL_OF_API } from './command.ts';
/** The commands about callers and API keys. */
export const KEY_COMMANDS: Readonly<Record<string, Command>> = {
  who: {
    args: [],
    summary: 'Show who the API takes you for, as policies see you.',
    options: [...URL_OF_API],
    run: ({ api }) => print(api, 'GET', '/caller'),
  },
  'keys list': {
    args: [],
    summary: 'List the API keys; never the keys themselves.',
    options: ['limit', 'json', ...URL_OF_API],
    run: (task) =>
      list(task, '/keys', 'keys', KeySchema, (each) => [
        each.id,
        each.revokedAt === null ? `until ${each.expiresAt}` : `revoked ${each.revokedAt}`,
        each.owner,
        each.scopes.join(','),
        each.name,
      ]),
  },
  'keys create': {
    args: [],
    summary: 'Create an API key, and print it this once.',
    options: ['name', 'owner', 'scope', 'namespace', 'policy-set', 'days', 'json', ...URL_OF_API],
    run: createKey,
  },
  'keys revoke': {
    args: ['<id>'],
    summary: 'Revoke an API key.',
    options: [...URL_OF_API],
    run: async ({ api, args: [id = ''] }) => {
      const key = await api.json(KeySchema, 'DELETE', `/keys/${encodeURIComponent(id)}`);
      say(`The key ${key.id} (${key.name}) is revoked.`);
    },
  },
};

const KeySchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  scopes: z.array(z.string()),
  expiresAt: z.string(),
  revokedAt: z.string().nullable(),
});

async function createKey({ api, options }: Task): Promise<void> {
  const { name, owner, scope, namespace, days } = options;
  if (name === '' || owner === '' || scope.length === 0)
    throw new Exit(2, 'keys create needs --name, --owner and at least one --scope.');
  const body = JSON.stringify({
    name,
    owner,
    scopes: scope,
    expiresInDays: wholeNumber('days', days),
    ...(namespace.length === 0 ? {} : { namespaces: namespace }),
    ...(options['policy-set'].length === 0 ? {} : { policySets: options['policy-set'] }),
  });
  const created = await api.json(KeySchema.extend({ key: z.string() }), 'POST', '/keys', { body });
  if (options.json) return say(JSON.stringify(created, null, 2));
  tell(`The key ${created.id} is good until ${created.expiresAt}. It is shown this once:`);
  say(created.key);
}
