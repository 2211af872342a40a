import type { Path } from '../../compiler/model/pointer.ts';
import type { DecisionAnswer } from '../../http/decision-schema.ts';
import type { CompileOutcome } from '../../judgement/compile-judgement.ts';
import type { NoticeAnswer } from '../../judgement/notice-answer.ts';
import { denialMessage } from '../../outputs/findings.ts';
import { ruleOf } from '../../outputs/rules.ts';
import { objectOf } from './package-object.ts';
import type { Result } from './resource-list.ts';

/** The denials and notices of a run, each with the object, field and file that it is about. */
export function resultsOf(
  { decisions, notices, permitted }: CompileOutcome,
  items: readonly unknown[],
): Result[] {
  const denials = permitted === undefined ? decisions.filter(({ decision }) => decision === 'deny') : [];
  return [
    ...denials.map((denial) => ({
      message: denialMessage(denial),
      severity: 'error' as const,
      ...resultPlace(denial, items),
      tags: { rule: ruleOf(denial.override), service: denial.service },
    })),
    ...notices
      // A package holds many objects that are no workloads, so a notice about each would hide the others.
      .filter(({ code }) => code !== 'PassedThrough')
      .map((notice) => ({
        message: notice.message,
        severity: notice.level === 'warning' ? ('warning' as const) : ('info' as const),
        ...resultPlace(notice, items),
        tags: { rule: notice.code, service: notice.service },
      })),
  ];
}

/** The object, field and file that a decision or notice is about; its pointer starts at the ResourceList. */
function resultPlace(
  { pointer }: Pick<DecisionAnswer | NoticeAnswer, 'pointer'>,
  items: readonly unknown[],
): Pick<Result, 'resourceRef' | 'field' | 'file'> {
  const [, , index, ...steps] = (pointer ?? '')
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const object = objectOf(items[Number(index)]);
  if (object === undefined) return {};
  const { apiVersion, kind, metadata } = object;
  const { annotations } = metadata;
  const file =
    annotations?.['internal.config.kubernetes.io/path'] ?? annotations?.['config.kubernetes.io/path'];
  const at =
    annotations?.['internal.config.kubernetes.io/index'] ?? annotations?.['config.kubernetes.io/index'];
  return {
    resourceRef: {
      apiVersion,
      kind,
      name: metadata.name ?? '',
      ...(metadata.namespace == null ? {} : { namespace: metadata.namespace }),
    },
    ...(steps.length === 0 ? {} : { field: { path: fieldPath(steps) } }),
    ...(file === undefined
      ? {}
      : { file: { path: file, ...(at !== undefined && /^\d{1,9}$/.test(at) ? { index: Number(at) } : {}) } }),
  };
}

/** Writes a place as the KRM Functions Specification does: `spec.template.spec.containers[0].image`. */
function fieldPath(steps: Path): string {
  return steps
    .map((step, index) => {
      const text = String(step);
      if (/^\d+$/.test(text)) return `[${text}]`;
      if (!/^[\w-]+$/.test(text)) return `[${JSON.stringify(text)}]`;
      return index === 0 ? text : `.${text}`;
    })
    .join('');
}
