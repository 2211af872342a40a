/** The kinds of a Lattice document, as policies name them. */
export type LatticeKind = 'service' | 'job' | 'model';

/** The member of a document's spec that divides it into several workloads; a service is one as a whole. */
export const UNITS = { service: undefined, job: 'tasks', model: 'roles' } as const satisfies Readonly<
  Record<LatticeKind, string | undefined>
>;
