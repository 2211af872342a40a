import type { App } from '../../http/openapi.ts';
import { getSigningKeys } from './get-signing-keys.ts';
import { verifyAttestation } from './verify-attestation.ts';

/** `POST /verify`, `GET /.well-known/jwks.json` */
export function attestationRoutes(app: App): void {
  getSigningKeys(app);
  verifyAttestation(app);
}
