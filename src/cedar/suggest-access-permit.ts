import { resourceOf } from './access-entities.ts';
import type { AccessQuestion } from './access-question.ts';
import { type Caller, callerId } from './caller.ts';
import { quote } from './string-literal.ts';

/**
 * Writes the narrowest Cedar permit for a caller whom no management policy permits something: this caller,
 * this action, of this. It is a proposal for a person to review.
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

/** How much of a caller's name an `@id` tells: it is at most 255 characters long. */
const TOLD = 150;

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
