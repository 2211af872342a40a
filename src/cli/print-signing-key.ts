/**
 * Prints a new key for signing attestations, for `wrangler secret put ATTESTATION_KEY`.
 * @module
 */
import { newSigningKey } from '../provenance/new-signing-key.ts';

process.stdout.write(`${JSON.stringify(await newSigningKey())}\n`);
