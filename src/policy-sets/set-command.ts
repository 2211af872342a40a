/**
 * The writes that change a policy set, the conditions under which they are done, and their outcomes.
 * @module
 */

import type { Person } from './person.ts';
import type { AliasState, PolicySet, VersionSummary } from './policy-set-schemas.ts';

/** A write to a policy set, as a caller requests it. */
export type Command = {
  /** When it was requested (RFC 3339, UTC). */
  readonly at: string;
  /** The id of the caller, `<issuer>#<subject>`. */
  readonly by: string;
  /** The person behind the caller. Its id is the same for all credentials of one person. */
  readonly person: Person;
  /** Why, in the words of the caller. */
  readonly reason: string;
} & (
  | { readonly kind: 'create'; readonly description: string }
  | {
      readonly kind: 'publish';
      /** The canonical content. */
      readonly body: string;
      /**
       * The pages and the index to store besides the body, by key and in this order. Any that is left out is made
       * later.
       */
      readonly parts: readonly (readonly [key: string, value: string])[];
      readonly summary: Omit<VersionSummary, 'version' | 'publishedBy'>;
    }
  | { readonly kind: 'point'; readonly alias: string; readonly reference: string }
  | { readonly kind: 'archive' | 'restore' }
  | {
      readonly kind: 'store-corpus';
      readonly text: string;
      readonly syntax: 'json' | 'yaml';
      readonly digest: string;
      readonly services: number;
    }
);

/** The conditions of a write. */
export interface Conditions {
  /** The set must exist at one of these revisions; `any` for every revision. */
  readonly revisions: readonly number[] | 'any';
  /** The idempotency key of the request, and the fingerprint by which a repetition of the request is recognised. */
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | undefined;
}

/** The outcome of a write. */
export type Outcome =
  | {
      readonly kind: 'done';
      /** False when there was nothing to do, because the set was in the requested state already. */
      readonly changed: boolean;
      readonly set: PolicySet;
      readonly version?: VersionSummary;
      readonly alias?: AliasState;
    }
  | Refusal;

/** Why a write was refused. Nothing was written. */
export type Refusal =
  | { readonly kind: 'not-found' | 'exists' | 'archived' | 'key-reused' }
  | { readonly kind: 'not-configured' }
  | { readonly kind: 'same-person'; readonly version: number }
  | { readonly kind: 'stale'; readonly revision: number }
  | { readonly kind: 'version-not-found'; readonly reference: string };
