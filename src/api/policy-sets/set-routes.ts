import type { App } from '../../http/openapi.ts';
import { archivePolicySet } from './archive-set.ts';
import { createPolicySet } from './create-set.ts';
import { getPolicySet } from './get-set.ts';
import { listPolicySetHistory } from './list-history.ts';
import { listPolicySets } from './list-sets.ts';

/** `/policy-sets` and `/policy-sets/{name}` */
export function policySetRoutes(app: App): void {
  listPolicySets(app);
  createPolicySet(app);
  getPolicySet(app);
  archivePolicySet(app);
  listPolicySetHistory(app);
}
