import { DENIAL_REASONS } from './determining-policy.ts';

/** What a caller may want of this API. */
export const ACCESS_ACTIONS = [
  'compile',
  'authorize',
  'admission',
  'read',
  'publish',
  'activate',
  'manageKeys',
] as const;

/** What a caller wants, and of what. */
export type AccessQuestion =
  | { readonly action: 'read'; readonly policySet: string | undefined }
  | { readonly action: 'publish'; readonly policySet: string }
  | { readonly action: 'activate'; readonly policySet: string; readonly alias: string | undefined }
  | {
      readonly action: 'admission';
      readonly policySet: string;
      readonly reference: string;
    }
  | {
      readonly action: 'compile' | 'authorize';
      readonly policySet: string;
      readonly namespace: string;
      readonly reference: string;
    }
  | { readonly action: 'manageKeys'; readonly scopes: readonly string[] | undefined };

/** Why a caller may not do something: Cedar's reasons, and what the key itself is not made for. */
export const ACCESS_DENIAL_REASONS = [...DENIAL_REASONS, 'OutsideKeyScope'] as const;
