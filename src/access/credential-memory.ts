import { LIMITS } from '../compiler/model/limits.ts';
import { MEMORY_BOUNDS } from '../memory/bounds.ts';
import { Recent } from '../memory/recent.ts';
import type { Identity } from './identity.ts';

/** A caller whose credentials were verified. */
export interface Verified {
  readonly identity: Identity;
  /**
   * When the credentials expire, in milliseconds since the epoch; `Infinity` for never. Before this moment they are
   * certainly good, as far as time decides it. From then on they are verified again.
   */
  readonly goodUntil: number;
}

/**
 * The credentials that an isolate has verified a few seconds ago. It knows them by their hash alone.
 *
 * Only good credentials are remembered, so that a key works as soon as it is stored. They count for
 * `LIMITS.credentialSeconds`, and their expiry is checked each time: whatever is not certainly good is verified anew.
 */
export class CredentialMemory {
  readonly #verified = new Recent<string, Verified & { readonly verifiedAt: number }>(
    MEMORY_BOUNDS.credentials.weight,
    weightOf,
    MEMORY_BOUNDS.credentials.entries,
  );
  /** The hashes of keys that were revoked here. KV may return these keys as they were before, for up to a minute. */
  readonly #revoked = new Recent<string, true>(MEMORY_BOUNDS.revokedKeys.weight, () => 1);

  /**
   * The caller with these credentials, if they were verified a few seconds ago and are certainly still good.
   *
   * @param name The kind of the credentials, and their hash.
   */
  recall(name: string): Identity | undefined {
    const held = this.#verified.get(name);
    if (held === undefined) return undefined;
    const now = Date.now();
    const age = now - held.verifiedAt;
    // A negative age means that the clock was set back, and then the age says nothing.
    return age >= 0 && age < LIMITS.credentialSeconds * 1_000 && now < held.goodUntil
      ? held.identity
      : undefined;
  }

  /**
   * Remembers verified credentials for some seconds.
   *
   * @param verifiedAt When their verification began, in milliseconds since the epoch: what it read is as old as that.
   */
  keep(name: string, verified: Verified, verifiedAt: number): void {
    this.#verified.set(name, { ...verified, verifiedAt });
  }

  /** Notes that the key with a hash was revoked, so that this isolate refuses it from now on, whatever KV returns. */
  revokeKey(hash: string): void {
    this.#verified.delete(`key ${hash}`);
    this.#revoked.set(hash, true);
  }

  /** Whether a key was revoked through this isolate. */
  isRevoked(hash: string): boolean {
    return this.#revoked.get(hash) === true;
  }
}

/** About how many bytes the entry of a caller takes: two for each character, and the objects around them. */
function weightOf({ identity }: Verified): number {
  return 2 * JSON.stringify(identity).length + 500;
}
