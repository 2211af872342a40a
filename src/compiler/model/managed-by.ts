/** The labels of every object that we emit (specification, generated example). */
export const MANAGED_BY = { 'lattice.dev/managed-by': 'lattice' } as const;
