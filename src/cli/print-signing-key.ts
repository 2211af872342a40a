/**
 * Prints a new key that signs attestations, for `wrangler secret put ATTESTATION_KEY`: `npm run signing-key`.
 * @module
 */
import { newSigningKey } from '../provenance/new-signing-key.ts';

process.stdout.write(`${JSON.stringify(await newSigningKey())}\n`);
