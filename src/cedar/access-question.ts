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
