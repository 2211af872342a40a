import { DENIAL_REASONS } from './determining-policy.ts';

/** The actions of this API that management policies decide about. */
export const ACCESS_ACTIONS = [
  'compile',
  'authorize',
  'admission',
  'read',
  'publish',
  'activate',
  'describeImages',
  'manageKeys',
] as const;

/** A question for the management policies: which action a caller wants, and on what. */
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
  | { readonly action: 'describeImages' }
  | { readonly action: 'manageKeys'; readonly scopes: readonly string[] | undefined };

/** Why a caller may not do something: Cedar's reasons, or an API key that was not made for it. */
export const ACCESS_DENIAL_REASONS = [...DENIAL_REASONS, 'OutsideKeyScope'] as const;
