import type { Caller } from '../cedar/access.ts';

/** A caller whose credentials are good. */
export interface Identity {
  readonly caller: Caller;
  /** Who stands behind it, for the rule that two people are needed: `<issuer>#<person>`. */
  readonly person: string;
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
}

/** Credentials that are missing or not good, or that cannot be judged now. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError';
  readonly kind: 'missing' | 'invalid' | 'unavailable';
  constructor(kind: AuthenticationError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
