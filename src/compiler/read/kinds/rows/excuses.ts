import type { Excuse } from '../kind-row.ts';

/** The excuse of kinds whose CustomResourceDefinition has the subresource `status`. */
export const STATUS: Excuse = {
  at: 'status',
  reason: 'The API server takes the status from the controller alone, and ignores it in what others send.',
};
