import type { unstable_startWorker } from 'wrangler';
import { ApiClient } from '../api-client/api-client.ts';
import { ClientError } from '../api-client/client-error.ts';
import { PolicySetClient } from '../api-client/policy-set-client.ts';
import { CommandError, EXIT, messageOf } from '../shell/command-error.ts';
import type { LocalWorker } from './local-worker.ts';

/** The set that `npm start` publishes to. */
const SET = 'default';

/**
 * Publishes a policy folder through the API into the local simulation of KV and Durable Objects, as the active version
 * of the set `default`. Publishing the same policies again changes nothing.
 *
 * @param key The admin key to publish with.
 * @returns Lines that tell the user what was done.
 * @throws CommandError when the policies are not good, or cannot be read.
 */
export async function publishPolicies(folder: string, key: string, local: LocalWorker): Promise<string[]> {
  // Cedar takes a while to load, and help or wrong usage need none of it.
  const { readPolicyFolder } = await import('../policy-folder/read-policy-folder.ts');
  const { draft, faults, ignored } = await readPolicyFolder(folder, SET).catch((error: unknown) => {
    throw new CommandError(EXIT.usage, messageOf(error));
  });
  if (faults.length > 0) throw new CommandError(EXIT.negative, faults.join('\n'));
  const worker = await startForPublishing(local);
  try {
    const api = new ApiClient((url, init) => worker.fetch(url, init), 'http://localhost', key);
    const client = new PolicySetClient(api, SET);
    const set = (await client.read()) ?? (await client.create('The example policies of this repository.'));
    const before = set.latest?.version ?? 0;
    const message = `The policies of ${folder}/`;
    const { version, policies, digest } = await client.publish(set, { ...draft, message, author: 'local' });
    const what = `${SET} version ${version} (${digest})`;
    const published =
      version > before
        ? `Published ${policies} policies of ${folder} as ${what}.`
        : `The policies of ${folder} are ${what} already.`;
    return [
      published,
      ...ignored.map((path) => `${path} is left out: .policyignore names it.`),
      ...(await activate(client, version)),
    ];
  } finally {
    await worker.dispose();
  }
}

/** Starts a Worker on a free port, on the same data as the one that will serve. */
async function startForPublishing({ state, settings }: LocalWorker): ReturnType<typeof unstable_startWorker> {
  // Wrangler takes a second to load, and what is wrong with the arguments or the policies is told without it.
  const wrangler = await import('wrangler');
  // The set "management" may hold policies that the user tries out. They must not keep the server from starting.
  const bindings = Object.entries({ ...settings, MANAGEMENT_POLICIES: 'built-in' }).map(
    ([name, value]) => [name, { type: 'plain_text', value }] as const,
  );
  return wrangler.unstable_startWorker({
    config: 'wrangler.toml',
    bindings: Object.fromEntries(bindings),
    dev: { server: { port: 0 }, inspector: false, logLevel: 'error', watch: false, persist: state },
  });
}

/** Makes a version active. @returns What the user must do when the admin alone may not activate it. */
async function activate(client: PolicySetClient, version: number): Promise<string[]> {
  const set = await client.read();
  const active = set?.aliases.find(({ alias }) => alias === 'active');
  if (set === undefined || active?.version === version) return [];
  try {
    await client.activate(set, 'active', {
      version: String(version),
      reason: 'npm start',
      requireNoNewDenials: false,
    });
    return [];
  } catch (error) {
    if (!(error instanceof ClientError) || !error.is('two-people-required')) throw error;
    return [
      'It is not active: with TWO_PERSON_RULE = "on" another person than the admin must activate it.',
      '  export TRACEWRIGHT_TOKEN=$(npm run -s policies -- keys create --name second --owner bo --scope read --scope activate)',
      `  npm run policies -- activate ${version}`,
    ];
  }
}
