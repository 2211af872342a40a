import type { Caller } from '../cedar/caller.ts';
import { Failure } from '../failures/failure.ts';
import type { Person } from '../policy-sets/person.ts';

/** A caller whose credentials are good. */
export interface Identity {
  readonly caller: Caller;
  /** Who stands behind it, for the rule that two people are needed; its id is `<issuer>#<person>`. */
  readonly person: Person;
  /** Until when the credentials are good, where somebody must renew them in time; undefined for all others. */
  readonly expiresAt: string | undefined;
  /** What an API key is confined to, whatever the policies say; undefined for all others. */
  readonly bounds: KeyBounds | undefined;
}

/** What an API key may be used for at most. */
export interface KeyBounds {
  readonly scopes: readonly string[];
  /** The policy sets; null: any. */
  readonly policySets: readonly string[] | null;
  /** The namespaces whose services it may compile; null: any. */
  readonly namespaces: readonly string[] | null;
  /** When it expires (RFC 3339, UTC). */
  readonly expiresAt: string;
}

/** Whether a key is confined to some policy sets or namespaces, so that there is something outside. */
export function isConfined({ policySets, namespaces }: KeyBounds): boolean {
  return policySets !== null || namespaces !== null;
}

/** Whether a key's bounds hold all that another key may be used for, and for as long. */
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

/** Credentials that are missing or not good, or that cannot be judged now. */
export class AuthenticationError extends Failure {
  override readonly name = 'AuthenticationError';
  readonly code: 'credentials-missing' | 'credentials-invalid' | 'credentials-unavailable';
  constructor(code: AuthenticationError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
