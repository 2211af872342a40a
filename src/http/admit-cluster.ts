import type { Context } from 'hono';
import { mayBeWithin } from '../access/permissions.ts';
import { callerId } from '../cedar/caller.ts';
import type { Environment } from './environment.ts';
import { permit, refuseEarly } from './permit.ts';
import { Problem } from './problems.ts';
import { limitRate } from './rate-limit.ts';
import { settingsOf } from './settings-of.ts';

/**
 * Says whether the caller is an API server, that is, whether it is permitted `admission` by the policy set. An API
 * server is not limited as one caller, because a whole cluster calls through it. Any other caller is limited here, and
 * the handler must still ask whether it may decide about the namespace.
 *
 * @throws Problem `rate-limited` or `forbidden` for a caller that is no API server.
 */
export async function admitCluster(
  context: Context<Environment>,
  { policySet, version: reference }: { readonly policySet: string; readonly version: string },
): Promise<boolean> {
  const identity = context.get('identity');
  if (identity === undefined) throw new Error('The caller is not known.');
  if (mayBeWithin(identity, { action: 'admission', policySet })) {
    try {
      await permit(context, [{ action: 'admission', policySet, reference }]);
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || error.problem !== 'forbidden') throw error;
    }
  }
  // There is no Retry-After: a Kubernetes client would wait that long, and a webhook that waits stops the cluster.
  await limitRate(context, settingsOf(context), callerId(identity.caller), false);
  await refuseEarly(context, identity, { action: 'authorize', policySet });
  return false;
}
