import { resourceOf } from './access-entities.ts';
import type { AccessQuestion } from './access-question.ts';
import { type Caller, callerId } from './caller.ts';
import { quote } from './string-literal.ts';

/**
 * Writes the narrowest Cedar permit for an access question that no management policy permits: for this caller, this
 * action and this resource only. It is a proposal for a person to review.
 */
export function suggestAccessPermit(
  caller: Pick<Caller, 'issuer' | 'subject'>,
  question: AccessQuestion,
): string {
  const { type, id } = resourceOf(question).resource;
  const conditions = conditionsOf(question);
  return [
    `@id(${quote(policyId(caller, question, id))})`,
    'permit (',
    `  principal == Tracewright::Caller::${quote(callerId(caller))},`,
    `  action == Tracewright::Action::${quote(question.action)},`,
    `  resource == ${type}::${quote(id)}`,
    conditions.length === 0 ? ');' : `) when { ${conditions.join(' && ')} };`,
  ].join('\n');
}

/** The conditions that confine the permit to the context of the question. */
function conditionsOf(question: AccessQuestion): string[] {
  switch (question.action) {
    case 'compile':
    case 'authorize':
      return [
        `resource in Tracewright::PolicySet::${quote(question.policySet)}`,
        `context.reference == ${quote(question.reference)}`,
      ];
    case 'admission':
      return [`context.reference == ${quote(question.reference)}`];
    case 'activate':
      return question.alias === undefined
        ? ['!(context has alias)']
        : [`context has alias && context.alias == ${quote(question.alias)}`];
    case 'manageKeys':
      return question.scopes === undefined
        ? ['!(context has scopes)']
        : question.scopes.length === 0
          ? ['context has scopes && context.scopes.isEmpty()']
          : [`context has scopes && context.scopes == [${question.scopes.map(quote).join(', ')}]`];
    default:
      return [];
  }
}

/** How many characters of the subject the suggested `@id` has. An `@id` has at most 255 characters. */
const TOLD = 150;

/** The suggested `@id`, which says what the policy permits. */
function policyId(
  { subject }: Pick<Caller, 'subject'>,
  { action }: AccessQuestion,
  resource: string,
): string {
  // An @id holds no control characters.
  const told = subject
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, TOLD)
    .toWellFormed();
  return ['permit', told, action, resource].join(':');
}
