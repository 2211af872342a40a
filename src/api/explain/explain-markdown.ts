import { code, fenced, prose } from '../../outputs/markdown-text.ts';
import type { ExplainAnswer } from './explain-answer.ts';
import type { ChangeAnswer, ExplanationAnswer, RemedyAnswer } from './explanation-schema.ts';

/** Writes the answer for people. Texts of the events become no markup. */
export function toExplainMarkdown({ policySet, explained, unexplained, skipped }: ExplainAnswer): string {
  const { name, version } = policySet;
  return [
    ...explained.flatMap(explanationLines),
    ...(explained.length === 0 ? ['## No event is of a policy that Tracewright made', ''] : []),
    ...(unexplained === 0
      ? []
      : [`${unexplained} more blocks are not explained here: send fewer events.`, '']),
    ...skipped.map(
      ({ count, message, lines }) => `- Not explained: ${count}, at ${lines.join(', ')}. ${prose(message)}`,
    ),
    ...(skipped.length === 0 ? [] : ['']),
    `Decided by ${code(name)} version ${version}.`,
    '',
  ].join('\n');
}

function explanationLines(each: ExplanationAnswer): string[] {
  const { summary, outcome, policyName, mode, service, container, permittedBy, count, first, last } = each;
  const times = count === 1 ? `once, at ${first}` : `${count} times, from ${first} to ${last}`;
  const facts = [
    `Policy: ${code(policyName)}, mode ${mode}`,
    ...(service === undefined
      ? []
      : [`Service: ${code(`${service.namespace}/${service.name}`)}, ${service.kind}`]),
    ...(container === undefined ? [] : [`Container: ${code(container)}`]),
    ...(permittedBy === undefined
      ? []
      : [`Made by: ${code(permittedBy.name)} version ${permittedBy.version}`]),
    `Process: ${code(each.process.binary)}`,
    `Seen: ${times}`,
  ];
  return [
    `## ${prose(summary)}`,
    '',
    prose(outcome),
    '',
    ...facts.map((fact) => `- ${fact}`),
    '',
    ...each.remedies.flatMap(remedyLines),
    ...each.notes.map((note) => `> ${prose(note)}\n`),
  ];
}

function remedyLines({ words, decision, inWorkload, changes }: RemedyAnswer): string[] {
  return [
    `### ${prose(words)}`,
    '',
    ...(decision === undefined ? [] : [decisionLine(decision), '']),
    ...(inWorkload === true
      ? ['The workload that was sent asks for it already: compile it again and apply its manifests.', '']
      : changes.flatMap(changeLines)),
    ...(decision?.suggestedPermit === undefined
      ? []
      : ['A permit for the platform team to review:', '', ...fenced('cedar', decision.suggestedPermit), '']),
  ];
}

function decisionLine({
  override,
  decision,
  reason,
  policies,
}: NonNullable<RemedyAnswer['decision']>): string {
  const by = policies.length === 0 ? '' : ` by ${policies.map(({ id }) => code(id)).join(', ')}`;
  if (decision === 'allow') return `Cedar permits ${code(override)}${by}.`;
  const why = {
    NoPermitPolicy: 'no policy permits it',
    ExplicitForbid: `it is forbidden${by}`,
    PolicyError: `a policy fails${by}`,
  };
  return `Cedar denies ${code(override)}: ${why[reason ?? 'NoPermitPolicy']}.`;
}

const PLACES: Readonly<Record<ChangeAnswer['how'], string>> = {
  add: 'Add',
  replace: 'Write instead',
  append: 'Append',
};

function changeLines({ how, line, pointer, snippet }: ChangeAnswer): string[] {
  const where = line === undefined ? '' : ` line ${line},`;
  return [`${PLACES[how]} at${where} ${code(pointer ?? '')}:`, '', ...fenced('yaml', snippet), ''];
}
