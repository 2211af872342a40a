import type { App } from '../../http/openapi.ts';
import { getSigningKeys } from './get-signing-keys.ts';
import { verifyAttestation } from './verify-attestation.ts';

/** The operations of attestations: the keys that sign them, and their verification. */
export function attestationRoutes(app: App): void {
  getSigningKeys(app);
  verifyAttestation(app);
}
