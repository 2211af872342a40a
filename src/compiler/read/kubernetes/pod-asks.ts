/**
 * Overrides that fields of a Kubernetes pod ask for outside the part of its security contexts that all dialects have.
 * The fields are read as they stand: a value of a type that the API server does not take is refused there.
 * @module
 */
import { ROOT_GROUP_OVERRIDE } from '../../model/override.ts';
import type { Path } from '../../model/pointer.ts';
import { canonicalSysctl, SAFE_SYSCTLS } from '../../model/sysctls.ts';
import type { DirectOverride } from '../../model/workload.ts';
import { entries, isMapping, member } from '../mapping.ts';
import type { Report } from '../report.ts';
import { hostPathAsks } from './host-path-asks.ts';
import { mountedTokens } from './mounted-tokens.ts';
import { CONTAINER_GROUPS } from './pod-spec.ts';
import { volumeAsks } from './volume-asks.ts';

/** The overrides that a pod asks for as a whole, besides its switches. `spec` is the pod's, and `at` its place. */
export function podAsks(report: Report, spec: unknown, at: Path): DirectOverride[] {
  return [
    ...tokenAsks(report, spec, at),
    ...rootGroupAsks(report, spec, at),
    ...sysctlAsks(report, spec, at),
    ...sandboxAsks(report, spec, at),
    ...volumeAsks(report, spec, at),
    ...hostPathAsks(report, spec, at),
  ];
}

/** A token of the service account for the API server is asked for, however it is mounted. */
function tokenAsks(report: Report, spec: unknown, at: Path): DirectOverride[] {
  return mountedTokens(spec, at).map((path) => ({
    id: 'automountServiceAccountToken',
    path: report.absolute(path),
  }));
}

/** The overrides that a pod asks for by setting sysctls that may reach other pods, or the node. */
function sysctlAsks(report: Report, spec: unknown, at: Path): DirectOverride[] {
  return entries(member(member(spec, 'securityContext'), 'sysctls')).flatMap(([index, sysctl]) => {
    const place = [...at, 'securityContext', 'sysctls', index, 'name'];
    const written = member(sysctl, 'name');
    const name = typeof written === 'string' ? canonicalSysctl(written) : undefined;
    if (name === undefined) {
      report.fault(place, SYSCTL_MESSAGE);
      return [];
    }
    return SAFE_SYSCTLS.includes(name) ? [] : [{ id: `sysctl:${name}`, path: report.absolute(place) }];
  });
}

/** The message about a name that is none of a sysctl. */
export const SYSCTL_MESSAGE =
  'Expected the name of a sysctl, such as net.ipv4.ip_forward: lower-case words between dots, or between slashes, and not both.';

/**
 * The ports of the node that a container asks for. In the network of the host each of its ports is one: the API server
 * then fills in `hostPort` where a port leaves it out.
 *
 * @param container The container as it stands in the document, and `at` its place.
 */
export function portAsks(report: Report, spec: unknown, container: unknown, at: Path): DirectOverride[] {
  const isOnHost = member(spec, 'hostNetwork') === true;
  return entries(member(container, 'ports')).flatMap(([index, port]) => {
    const own = portNumber(port, 'hostPort');
    const field = own === undefined && isOnHost ? 'containerPort' : 'hostPort';
    const asked = own ?? (isOnHost ? portNumber(port, 'containerPort') : undefined);
    if (asked === undefined) return [];
    const path = report.absolute([...at, 'ports', index, field]);
    return [{ id: `hostPort:${asked}`, path, implicit: own === undefined }];
  });
}

/** A port, where 0 stands for none. */
function portNumber(port: unknown, field: string): number | undefined {
  const value = member(port, field);
  return typeof value === 'number' && value !== 0 ? value : undefined;
}

/** A pod asks for one override by putting its processes into the root group, at each place that does so. */
function rootGroupAsks(report: Report, spec: unknown, at: Path): DirectOverride[] {
  const context = member(spec, 'securityContext');
  const places: Path[] = [
    ...(member(context, 'fsGroup') === 0 ? [['fsGroup']] : []),
    ...entries(member(context, 'supplementalGroups')).flatMap(([index, group]) =>
      group === 0 ? [['supplementalGroups', index]] : [],
    ),
  ];
  return places.map((place) => ({
    id: ROOT_GROUP_OVERRIDE,
    path: report.absolute([...at, 'securityContext', ...place]),
  }));
}

/** A security context as it stands in a document, and its place from the root of the document. */
interface PlacedContext {
  readonly value: unknown;
  readonly path: Path;
}

/**
 * The overrides that a container asks for by those fields of its security context that only Kubernetes has. A
 * field that it leaves out is taken from the pod's security context.
 */
export function securityContextAsks(own: PlacedContext, pod: PlacedContext): DirectOverride[] {
  // The SELinux options of a container replace those of the pod as a whole.
  const asks = seLinuxAsks(isMapping(member(own.value, 'seLinuxOptions')) ? own : pod);
  if (member(own.value, 'procMount') === 'Unmasked')
    asks.push({ id: 'procMount:Unmasked', path: [...own.path, 'procMount'] });
  const windows = member(member(own.value, 'windowsOptions'), 'hostProcess') == null ? pod : own;
  if (member(member(windows.value, 'windowsOptions'), 'hostProcess') === true)
    asks.push({ id: 'windowsHostProcess', path: [...windows.path, 'windowsOptions', 'hostProcess'] });
  return [...asks, ...windowsUserAsks(own, pod)];
}

/** The user of a Windows container that has the fewest rights. The container has another one only if it says so. */
const LEAST_USER = 'containeruser';

function windowsUserAsks(own: PlacedContext, pod: PlacedContext): DirectOverride[] {
  const nameIn = ({ value }: PlacedContext): unknown =>
    member(member(value, 'windowsOptions'), 'runAsUserName');
  const { path, value } = nameIn(own) == null ? pod : own;
  const name = nameIn({ path, value });
  // Windows does not tell upper from lower case.
  const user = typeof name === 'string' ? name.toLowerCase() : LEAST_USER;
  return user === LEAST_USER || user === ''
    ? []
    : [{ id: `windowsUser:${user}`, path: [...path, 'windowsOptions', 'runAsUserName'] }];
}

/** The fields of SELinux options that are overrides, each with the prefix of its id. */
const SELINUX_FIELDS = [
  ['type', 'seLinux:'],
  ['user', 'seLinux:user:'],
  ['role', 'seLinux:role:'],
] as const;

/** The SELinux types that Pod Security's baseline level allows. Any other type may be unconfined. */
const CONFINED_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

/** The SELinux options of the pod are those of its sandbox and its volumes, even where each container has its own. */
function sandboxAsks(report: Report, spec: unknown, at: Path): DirectOverride[] {
  const containers = CONTAINER_GROUPS.flatMap((group) => entries(member(spec, group)));
  const own = containers.map(([, each]) => member(member(each, 'securityContext'), 'seLinuxOptions'));
  if (!own.every(isMapping)) return [];
  return seLinuxAsks({
    value: member(spec, 'securityContext'),
    path: report.absolute([...at, 'securityContext']),
  });
}

function seLinuxAsks({ value, path }: PlacedContext): DirectOverride[] {
  const options = member(value, 'seLinuxOptions');
  return SELINUX_FIELDS.flatMap(([field, prefix]) => {
    const name = member(options, field);
    if (typeof name !== 'string' || name === '' || (field === 'type' && CONFINED_TYPES.includes(name)))
      return [];
    return [{ id: `${prefix}${name}`, path: [...path, 'seLinuxOptions', field] }];
  });
}
