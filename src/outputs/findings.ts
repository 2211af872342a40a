import { compareText } from '../compiler/model/ordered.ts';
import type { DecisionAnswer } from '../http/decision-schema.ts';
import { visibleText } from '../http/visible-text.ts';
import type { NoticeAnswer } from '../judgement/notice-answer.ts';
import { OVERRIDE_RULES, ruleOf } from './rules.ts';

/** The contents of a report about one request. */
export interface ReportInput {
  /** The file that the body came from; undefined when the client did not say. */
  readonly path: string | undefined;
  readonly policySet: { readonly name: string; readonly version: number; readonly digest: string };
  readonly services: readonly string[];
  readonly decisions: readonly DecisionAnswer[];
  readonly notices: readonly NoticeAnswer[];
  /** How many policies were compiled; undefined when something is denied. */
  readonly manifests: number | undefined;
}

/** A denial or a notice, as reports state it. */
export interface Finding {
  /** The kind of override, or the code of the notice. */
  readonly rule: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly title: string;
  readonly message: string;
  readonly service: string;
  readonly container: string | undefined;
  /** The override, or the message of a notice. It tells findings of one rule apart. */
  readonly subject: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly pointer: string | undefined;
  readonly suggestedPermit: string | undefined;
}

/** The file name of findings when the client did not name the file. */
export const UNNAMED_FILE = 'stdin';

/** The denials and notices of a report: the most severe first, and then by their place. */
export function findingsOf({ decisions, notices }: Pick<ReportInput, 'decisions' | 'notices'>): Finding[] {
  const denials = decisions.filter(({ decision }) => decision === 'deny').map(denialFinding);
  const rank = { error: 0, warning: 1, note: 2 };
  return [...denials, ...notices.map(noticeFinding)].sort(
    (a, b) =>
      rank[a.level] - rank[b.level] ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compareText(a.rule, b.rule),
  );
}

function denialFinding(decision: DecisionAnswer): Finding {
  const { override, service, container, line, column, pointer, suggestedPermit } = decision;
  const rule = ruleOf(override);
  return {
    rule,
    level: 'error',
    title: OVERRIDE_RULES[rule]?.title ?? rule,
    message: denialMessage(decision),
    service,
    container,
    subject: override,
    line,
    column,
    pointer,
    suggestedPermit,
  };
}

/** A denial in one sentence: which override, of which workload, and why. */
export function denialMessage({
  override,
  service,
  container,
  implicit,
  readOnly,
  reason,
  policies,
  advice,
}: DecisionAnswer): string {
  const whose = container === undefined ? service : `${service}, container ${container}`;
  const how = `${implicit ? ' (inferred)' : ''}${readOnly === true ? ' (read-only)' : ''}`;
  const what = `${override}${how} is denied for ${whose}`;
  const told = policies.map(({ id, annotations, error }) => {
    const words = [annotations.reason, annotations.advice, error].filter((each) => each !== undefined);
    return words.length === 0 ? id : `${id} (${words.join(' ')})`;
  });
  const why = {
    ExplicitForbid: `forbidden by ${told.join(', ')}.`,
    PolicyError: `a policy failed to evaluate, and no permit helps until it is mended: ${told.join(', ')}.`,
    NoPermitPolicy: 'no policy permits it.',
  }[reason ?? 'NoPermitPolicy'];
  return visibleText(`${what}: ${why}${advice === undefined ? '' : ` ${advice}`}`);
}

function noticeFinding({
  code,
  level,
  message,
  service,
  container,
  line,
  column,
  pointer,
}: NoticeAnswer): Finding {
  return {
    rule: code,
    level,
    title: code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' '),
    message: visibleText(
      service === ''
        ? message
        : `${container === undefined ? service : `${service}, container ${container}`}: ${message}`,
    ),
    service,
    container,
    subject: message,
    line,
    column,
    pointer,
    suggestedPermit: undefined,
  };
}
