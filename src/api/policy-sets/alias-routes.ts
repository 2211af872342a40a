import type { App } from '../../http/openapi.ts';
import { getAlias } from './get-alias.ts';
import { setAlias } from './set-alias.ts';

/** `/policy-sets/{name}/aliases/{alias}` */
export function policySetAliasRoutes(app: App): void {
  getAlias(app);
  setAlias(app);
}
