/** What every object we emit is labelled with (specification, generated example). */
export const MANAGED_BY = { 'lattice.dev/managed-by': 'lattice' } as const;
