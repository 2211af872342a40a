import type { Context } from 'hono';
import { mayBeWithin } from '../access/permissions.ts';
import { callerId } from '../cedar/caller.ts';
import type { Environment } from './environment.ts';
import { permit, refuseEarly } from './permit.ts';
import { Problem } from './problems.ts';
import { limitRate } from './rate-limit.ts';
import { settingsOf } from './settings-of.ts';
/**
 * Says whether an API server asks, which is permitted `admission` by its policy set: it is not counted as one caller,
 * because a whole cluster calls through it. Another caller is counted, and must be asked about the namespace.
 *
 * @throws Problem when another caller is too many, or could not be permitted anything
 */
export async function admitCluster(
  context: Context<Environment>,
  { policySet, version: reference }: { readonly policySet: string; readonly version: string },
): Promise<boolean> {
  const identity = context.get('identity');
  if (identity === undefined) throw new Error('Nobody asks.');
  if (mayBeWithin(identity, { action: 'admission', policySet })) {
    try {
      await permit(context, [{ action: 'admission', policySet, reference }]);
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || error.problem !== 'forbidden') throw error;
    }
  }
  // A client of Kubernetes waits as long as it is told to, and a webhook that waits stops the cluster.
  await limitRate(context, settingsOf(context), callerId(identity.caller), false);
  await refuseEarly(context, identity, { action: 'authorize', policySet });
  return false;
}
