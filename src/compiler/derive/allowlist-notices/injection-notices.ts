import type { Notice } from '../../model/notices.ts';
import type { Workload } from '../../model/workload.ts';
import { injectionsOf } from '../injectors.ts';
import { type AllowlistOptions, allowlistNotice } from './allowlist-notice.ts';
import { listNames } from './list-names.ts';

/**
 * Notices about containers that a service mesh or another injector will add to the pod after compilation.
 *
 * @param hasAllowlist Whether an allowlist applies to the pod, which would kill programs of those containers.
 */
export function injectionNotices(
  workload: Workload,
  hasAllowlist: boolean,
  { scope, mode }: AllowlistOptions,
): Notice[] {
  const { podLabels, podAnnotations, containers, template, source } = workload;
  const injections = injectionsOf({
    labels: podLabels,
    annotations: podAnnotations,
    containers: containers.map(({ name }) => name),
  });
  return injections.map(({ injector, containers: added, on, key }) => {
    const path = template === undefined ? source.path : [...source.path, ...template.metadata, on, key];
    const who = `The ${on === 'labels' ? 'label' : 'annotation'} ${key} has ${injector} add ${listNames(added)} to the pod after compilation.`;
    if (scope === 'container') {
      return allowlistNotice(
        workload,
        'InjectedContainersSpared',
        path,
        `${who} With scope=container no policy applies there: nothing is killed, and nothing enforced.`,
      );
    }
    const killed = mode === 'monitor' ? 'would be killed in mode=enforce' : 'is killed';
    const what = hasAllowlist
      ? `The policies apply to the whole pod, so a program of theirs that is not on the allowlist ${killed}`
      : 'The policies apply to the whole pod, so to them too';
    return allowlistNotice(
      workload,
      'ContainersInjectedLater',
      path,
      `${who} ${what}. Compile with scope=container, which spares them, or send the pod as it is after the injection.`,
    );
  });
}
