import type { Context } from 'hono';
import type { Identity, KeyBounds } from '../access/identity.ts';
import {
  decidePermission,
  managementPolicies,
  mayBeWithin,
  type OpenQuestion,
  type Permission,
} from '../access/permissions.ts';
import { openResourceName, resourceName } from '../cedar/access-entities.ts';
import type { AccessQuestion } from '../cedar/access-question.ts';
import { callerId } from '../cedar/caller.ts';
import { CedarFailure } from '../cedar/engine.ts';
import type { PolicyBasis } from '../cedar/slicing/basis.ts';
import { suggestAccessPermit } from '../cedar/suggest-access-permit.ts';
import { TooMuchWork, Work } from '../cedar/work.ts';
import { PolicySetError } from '../policy-sets/policy-set-error.ts';
import type { Environment } from './environment.ts';
import { invalidRequest, Problem } from './problems.ts';
import { settingsOf, storeOf } from './settings-of.ts';

/**
 * Refuses a caller that could not be permitted any such question, before the body is read.
 *
 * @throws Problem `forbidden`
 */
export async function refuseEarly(
  context: Context<Environment>,
  identity: Identity,
  question: OpenQuestion,
): Promise<void> {
  const { action } = question;
  const refuse = (reason: Permission['reason']): never => {
    context.get('record').action = action;
    throw forbidden(identity, action, openResourceName(question), reason);
  };
  if (!mayBeWithin(identity, question)) refuse('OutsideKeyScope');
  if (action !== 'compile' && action !== 'authorize') return;
  // Reading a small body takes no longer than deciding this.
  const length = Number(context.req.header('content-length') ?? Number.NaN);
  if (length <= SMALL_BODY && context.req.header('content-encoding') === undefined) return;
  const policies = await policiesOf(context);
  const possible = await context.get('isolate').access.couldBePermitted(policies, identity.caller, action);
  if (!possible) refuse('NoPermitPolicy');
}

const SMALL_BODY = 16_384;

/** The management policies. @throws Failure when they cannot be read or trusted */
async function policiesOf(context: Context<Environment>): Promise<PolicyBasis> {
  try {
    return await managementPolicies(context.get('isolate').access, storeOf(context), settingsOf(context));
  } catch (error) {
    if (error instanceof PolicySetError && error.code === 'policy-set-archived')
      throw new Problem(
        'policy-set-unavailable',
        'The policy set management is archived, so nobody may do anything: set MANAGEMENT_POLICIES to built-in and restore it.',
      );
    throw error;
  }
}

/**
 * Asks whether the caller is permitted all of these questions.
 *
 * @param about The bounds of the API key that the questions are about, when they are about one.
 * @throws Problem `forbidden` at the first question that is denied; another problem when it cannot be decided.
 */
export async function permit(
  context: Context<Environment>,
  questions: readonly AccessQuestion[],
  about?: KeyBounds,
): Promise<void> {
  const record = context.get('record');
  const identity = context.get('identity');
  const [first] = questions;
  if (identity === undefined || first === undefined) throw new Error('There is no caller, or no question.');
  record.action = first.action;
  if ('policySet' in first && first.policySet !== undefined) record.policySet ??= { name: first.policySet };
  await record.time('permit', async () => {
    const policies = await policiesOf(context);
    const work = new Work();
    for (const question of questions) {
      const {
        allowed,
        reason,
        policies: deciding,
      } = await decide(context.get('isolate').access, policies, identity, question, about, work);
      if (!allowed) {
        const suggested =
          reason === 'NoPermitPolicy' ? suggestAccessPermit(identity.caller, question) : undefined;
        throw forbidden(identity, question.action, resourceName(question), reason, deciding, suggested);
      }
    }
  });
  context.set('permitted', true);
}

/** Lets the guard pass an answer without a permission. The answer must tell nothing of what is stored. */
export function answerWithoutPermission(context: Context<Environment>): void {
  context.set('permitted', true);
}

function forbidden(
  { caller: { issuer, subject } }: Identity,
  action: AccessQuestion['action'],
  resource: string,
  reason: Permission['reason'] = 'NoPermitPolicy',
  policies: Permission['policies'] = [],
  suggestedPermit?: string,
): Problem {
  const caller = callerId({ issuer, subject });
  return new Problem('forbidden', `${caller} may not ${action} ${resource}${EXPLANATIONS[reason]}`, {
    permission: {
      caller,
      action,
      resource,
      reason,
      policies: policies.map((policy) => ({ ...policy, annotations: { ...policy.annotations } })),
      ...(suggestedPermit === undefined ? {} : { suggestedPermit }),
    },
  });
}

const EXPLANATIONS = {
  NoPermitPolicy: ': no management policy permits it.',
  ExplicitForbid: ': a management policy forbids it.',
  PolicyError: ': a management policy fails to evaluate.',
  OutsideKeyScope: ': the key was not made for it.',
} as const;

async function decide(...args: Parameters<typeof decidePermission>): ReturnType<typeof decidePermission> {
  try {
    return await decidePermission(...args);
  } catch (error) {
    if (error instanceof TooMuchWork)
      throw invalidRequest([{ message: `Who may do this takes too long to decide. ${error.message}` }]);
    if (error instanceof CedarFailure)
      throw new Problem('policy-set-corrupt', 'The management policies cannot be evaluated.');
    throw error;
  }
}
