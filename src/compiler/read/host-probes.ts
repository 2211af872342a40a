import type { Path } from '../model/pointer.ts';
import { canonicalHost } from '../model/probe-hosts.ts';
import { type DirectOverride, PROBES } from '../model/workload.ts';
import type { ContainerFields } from './pod-schemas.ts';
import type { Report } from './report.ts';

const HOOKS = ['postStart', 'preStop'] as const;
/** The actions for which the kubelet connects to a host, which is the pod where none is named. */
const ACTIONS = ['httpGet', 'tcpSocket'] as const;

/**
 * The overrides that a container asks for by having the kubelet connect from the node to another host than its pod: the
 * kubelet reaches what network policies keep from the pod. `at` is the path of the container from the root of its object.
 */
export function hostProbeAsks(report: Report, input: ContainerFields, at: Path): DirectOverride[] {
  const handlers = [
    ...PROBES.map((probe) => ({ handler: input[probe], place: [...at, probe] })),
    ...HOOKS.map((hook) => ({ handler: input.lifecycle?.[hook], place: [...at, 'lifecycle', hook] })),
  ];
  return handlers.flatMap(({ handler, place }) =>
    ACTIONS.flatMap((action) => {
      const written = handler?.[action]?.host ?? '';
      if (written === '') return [];
      const path = [...place, action, 'host'];
      const host = canonicalHost(written);
      if (host !== undefined) return [{ id: `hostProbe:${host}`, path: report.absolute(path) }];
      report.fault(path, HOST_MESSAGE);
      return [];
    }),
  );
}

const HOST_MESSAGE =
  'Expected a host name of letters, digits, hyphens, dots and underscores, or an address as four numbers (127.0.0.1) or of IPv6 (::1).';
