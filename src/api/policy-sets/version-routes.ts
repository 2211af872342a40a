import type { App } from '../../http/openapi.ts';
import { assessImpact } from './assess-impact.ts';
import { checkVersion } from './check-version.ts';
import { compareVersions } from './compare-versions.ts';
import { getVersion } from './get-version.ts';
import { listVersions } from './list-versions.ts';
import { publishVersion } from './publish-version.ts';

/** `/policy-sets/{name}/versions` and what is below it. */
export function policySetVersionRoutes(app: App): void {
  listVersions(app);
  publishVersion(app);
  checkVersion(app);
  getVersion(app);
  compareVersions(app);
  assessImpact(app);
}
