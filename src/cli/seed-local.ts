import { unstable_startWorker } from 'wrangler';
import { ApiClient, ClientError, PolicySetClient } from './client.ts';
import { Exit } from './exit.ts';
import { readPolicyFolder } from './policy-folder.ts';

/** What the Worker that is started has besides `wrangler.toml`. */
export interface LocalSettings {
  /** Where KV and Durable Objects are kept. */
  readonly state: string;
  /** Settings of the Worker, `ADMIN_KEY_HASH` among them. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Publishes a folder through the API into the local simulation as the active version of the set
 * `default`. Doing it again with the same policies changes nothing.
 *
 * @param key The admin key to do it with.
 * @returns what was done, as lines to show
 * @throws Exit when the policies are not good
 */
export async function seedPolicies(folder: string, key: string, local: LocalSettings): Promise<string[]> {
  const { draft, faults, ignored } = await readPolicyFolder(folder, 'default').catch((error: unknown) => {
    throw new Exit(2, error instanceof Error ? error.message : String(error));
  });
  if (faults.length > 0) throw new Exit(1, faults.join('\n'));
  // Whatever set "management" was tried out here before, starting works.
  const settings = { ...local.settings, MANAGEMENT_POLICIES: 'built-in' };
  const worker = await unstable_startWorker({
    config: 'wrangler.toml',
    bindings: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, { type: 'plain_text', value }]),
    ),
    dev: {
      server: { port: 0 },
      inspector: false,
      logLevel: 'error',
      watch: false,
      persist: local.state,
    },
  });
  try {
    const api = new ApiClient((url, init) => worker.fetch(url, init), 'http://localhost', key);
    const client = new PolicySetClient(api, 'default');
    const set = (await client.read()) ?? (await client.create('The example policies of this repository.'));
    const before = set.latest?.version ?? 0;
    const message = `The policies of ${folder}/`;
    const { version, policies, digest } = await client.publish(set, { ...draft, message, author: 'local' });
    const what = `default version ${version} (${digest})`;
    const done = [
      version > before
        ? `Published ${policies} policies of ${folder} as ${what}.`
        : `The policies of ${folder} are ${what} already.`,
      ...ignored.map((path) => `${path} is left out: .policyignore names it.`),
    ];
    const now = (await client.read()) ?? set;
    const active = now.aliases.find(({ alias }) => alias === 'active');
    if (active?.version === version) return done;
    const order = { version: String(version), reason: 'npm start', requireNoNewDenials: false };
    try {
      await client.activate(now, 'active', order);
    } catch (error) {
      if (!(error instanceof ClientError) || !error.is('two-people-required')) throw error;
      done.push(
        `It is not active: with TWO_PERSON_RULE = "on" another person than the admin must activate it.`,
        `  export TRACEWRIGHT_TOKEN=$(npm run -s policies -- keys create --name second --owner bo --scope read --scope activate)`,
        `  npm run policies -- activate ${version}`,
      );
    }
    return done;
  } finally {
    await worker.dispose();
  }
}
