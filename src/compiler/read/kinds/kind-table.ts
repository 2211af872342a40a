import type { KindRow } from './kind-row.ts';
import { ARGO_ROLLOUTS } from './rows/argo-rollouts.ts';

/** Every kind of other projects whose pods are read. */
export const KIND_TABLE: readonly KindRow[] = [...ARGO_ROLLOUTS];
