import { unstable_startWorker } from 'wrangler';
import { PolicySetClient } from './client.ts';
import { readPolicyFolder } from './policy-folder.ts';

/**
 * Publishes a folder through the API into the local simulation as the active version of the set
 * `default`. Doing it again with the same policies changes nothing.
 *
 * @param key The admin key to do it with, and its hash.
 */
export async function seedPolicies(folder: string, key: string, hash: string): Promise<void> {
  const { draft, faults } = await readPolicyFolder(folder, 'default');
  if (faults.length > 0) {
    process.stderr.write(`${faults.join('\n')}\n`);
    process.exit(1);
  }
  const worker = await unstable_startWorker({
    config: 'wrangler.toml',
    bindings: {
      ADMIN_KEY_HASH: { type: 'plain_text', value: hash },
      // Whatever set "management" was tried out here before, starting works.
      MANAGEMENT_POLICIES: { type: 'plain_text', value: 'built-in' },
    },
    dev: { server: { port: 0 }, inspector: false, logLevel: 'error', watch: false },
  });
  try {
    const client = new PolicySetClient(
      (url, init) => worker.fetch(url, init),
      'http://localhost',
      'default',
      key,
    );
    const set = (await client.read()) ?? (await client.create('The example policies of this repository.'));
    const version = await client.publish(set, {
      ...draft,
      message: `The policies of ${folder}/`,
      author: 'local',
    });
    const now = (await client.read()) ?? set;
    await client.activate(now, 'active', {
      version: String(version.version),
      reason: 'npm start',
      requireNoNewDenials: false,
    });
    process.stdout.write(
      `Published ${version.policies} policies of ${folder}/ locally as default version ${version.version} (${version.digest}).\n`,
    );
  } finally {
    await worker.dispose();
  }
}
