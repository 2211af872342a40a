/**
 * Publishes `policies/` through the API into the local simulation as the active version of the set
 * `default`, as `npm start` does. Starting again with the same policies changes nothing.
 * @module
 */
import { parseArgs } from 'node:util';
import { unstable_startWorker } from 'wrangler';
import { PolicySetClient } from './client.ts';
import { readPolicyFolder } from './policy-folder.ts';

const { values } = parseArgs({ options: { folder: { type: 'string', default: 'policies' } } });
const { draft, faults } = await readPolicyFolder(values.folder);
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`);
  process.exit(1);
}
const worker = await unstable_startWorker({
  config: 'wrangler.toml',
  dev: { server: { port: 0 }, inspector: false, logLevel: 'error', watch: false },
});
try {
  const client = new PolicySetClient((url, init) => worker.fetch(url, init), 'http://localhost', 'default');
  const set = (await client.read()) ?? (await client.create('The example policies of this repository.'));
  const version = await client.publish(set, {
    ...draft,
    message: `The policies of ${values.folder}/`,
    author: 'local',
  });
  const now = (await client.read()) ?? set;
  await client.activate(now, 'active', {
    version: String(version.version),
    reason: 'npm start',
    requireNoNewDenials: false,
  });
  process.stdout.write(
    `Published ${version.policies} policies of ${values.folder}/ locally as default version ${version.version} (${version.digest}).\n`,
  );
} finally {
  await worker.dispose();
}
