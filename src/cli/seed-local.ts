/**
 * Publishes `policies/` into the local KV as version 1 of the set `default`, as `npm start` does. For local
 * development only: it writes to wrangler's simulation, never to Cloudflare.
 * @module
 */
import { parseArgs } from 'node:util';
import { getPlatformProxy } from 'wrangler';
import type { Bindings } from '../api/environment.ts';
import { writeVersion } from '../policy-sets/write-version.ts';
import { readPolicyFolder } from './policy-folder.ts';

const { values } = parseArgs({ options: { folder: { type: 'string', default: 'policies' } } });
const content = readPolicyFolder(values.folder);
const { env, dispose } = await getPlatformProxy<Bindings & Record<string, unknown>>({
  configPath: 'wrangler.toml',
  remoteBindings: false,
});
try {
  const { digest } = await writeVersion(env.POLICY_SETS, 'default', 1, content);
  const count = Object.keys(content.policies).length;
  process.stdout.write(
    `Published ${count} policies of ${values.folder}/ locally as default version 1 (${digest}).\n`,
  );
} finally {
  await dispose();
}
