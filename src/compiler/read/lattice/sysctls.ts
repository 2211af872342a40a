import { canonicalSysctl, SAFE_SYSCTLS } from '../../model/sysctls.ts';
import type { DirectOverride } from '../../model/workload.ts';
import { SYSCTL_MESSAGE } from '../kubernetes/pod-asks.ts';
import { isMapping, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import type { Located } from './unit.ts';

/**
 * The overrides that a pod asks for by setting sysctls that may reach other pods, or the node. Lattice has them as a
 * mapping from name to value.
 *
 * @param holders The mappings in which they may stand.
 */
export function sysctlAsks(report: Report, holders: readonly Located<unknown>[]): DirectOverride[] {
  return holders.flatMap(({ at, from }) => {
    const sysctls = member(from, 'sysctls');
    if (sysctls == null) return [];
    const place = [...at, 'sysctls'];
    if (!isMapping(sysctls)) {
      report.fault(place, 'Expected a mapping from the names of sysctls to their values.');
      return [];
    }
    return Object.keys(sysctls).flatMap((written) => {
      const name = canonicalSysctl(written);
      if (name === undefined) {
        report.fault([...place, written], SYSCTL_MESSAGE);
        return [];
      }
      const path = report.absolute([...place, written]);
      return SAFE_SYSCTLS.includes(name) ? [] : [{ id: `sysctl:${name}`, path }];
    });
  });
}
