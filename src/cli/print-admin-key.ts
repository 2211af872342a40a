/**
 * Prints a new admin key, and the hash that makes a Worker accept it: `npm run keys`.
 * @module
 */
import { generateKey } from '../access/key-secrets.ts';

const { key, hash } = await generateKey('admin');
process.stdout.write(`The key, to keep secret:          ${key}
Its hash, for ADMIN_KEY_HASH:     ${hash}

  npx wrangler secret put ADMIN_KEY_HASH
`);
