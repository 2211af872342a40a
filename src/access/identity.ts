import type { Caller } from '../cedar/caller.ts';
import { Failure } from '../failures/failure.ts';
import type { Person } from '../policy-sets/person.ts';

/** A caller whose credentials are valid. */
export interface Identity {
  /** The caller, as management policies see it. */
  readonly caller: Caller;
  /** The person behind the caller, for the two-person rule. Its id is `<issuer>#<person>`. */
  readonly person: Person;
  /**
   * When the credentials expire (RFC 3339, UTC), if somebody must renew them by hand, as for an API key. Undefined
   * for all other credentials.
   */
  readonly expiresAt: string | undefined;
  /** What an API key is confined to, whatever the policies say; undefined for all other credentials. */
  readonly bounds: KeyBounds | undefined;
}

/** The limits of an API key. No policy widens them. */
export interface KeyBounds {
  /** What the key may be used for (`SCOPES`). */
  readonly scopes: readonly string[];
  /** The policy sets that it may use; null for any. */
  readonly policySets: readonly string[] | null;
  /** The namespaces whose services it may compile or authorize; null for any. */
  readonly namespaces: readonly string[] | null;
  /** When it expires (RFC 3339, UTC). */
  readonly expiresAt: string;
}

/** Whether a key is confined to certain policy sets or namespaces. */
export function isConfined({ policySets, namespaces }: KeyBounds): boolean {
  return policySets !== null || namespaces !== null;
}

/**
 * Whether a key covers another one, and so may create, read and revoke it: the other may do nothing that this one
 * may not, and expires no later. A key that is not confined covers every key.
 *
 * @param bounds The bounds of the key that is used.
 * @param other The bounds of the key that it is used on.
 */
export function covers(bounds: KeyBounds, other: KeyBounds): boolean {
  const holds = (ours: readonly string[] | null, theirs: readonly string[] | null): boolean =>
    ours === null || (theirs?.every((each) => ours.includes(each)) ?? false);
  return (
    !isConfined(bounds) ||
    (holds(bounds.scopes.includes('admin') ? null : bounds.scopes, other.scopes) &&
      holds(bounds.policySets, other.policySets) &&
      holds(bounds.namespaces, other.namespaces) &&
      Date.parse(other.expiresAt) <= Date.parse(bounds.expiresAt))
  );
}

/** Credentials are missing or invalid, or cannot be checked now. */
export class AuthenticationError extends Failure {
  override readonly name = 'AuthenticationError';
  readonly code: 'credentials-missing' | 'credentials-invalid' | 'credentials-unavailable';
  constructor(code: AuthenticationError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
