import type { Path } from '../model/pointer.ts';
import type { DirectOverride } from '../model/workload.ts';
import { entries, isMapping, member } from './fields.ts';
import type { Report } from './report.ts';

/**
 * What fields of a Kubernetes pod outside its security contexts mean for security. They are read as they
 * stand: what is of another type than the API server takes is refused there.
 */

/** The label by which the kubelet tells a node's operating system. */
const OS_LABEL = 'kubernetes.io/os';

/** Whether a pod runs on Windows nodes alone: the kubelet of any other node refuses it. */
export function isWindowsPod(spec: unknown): boolean {
  const os = member(member(spec, 'os'), 'name');
  if (typeof os === 'string' && os !== '') return os === 'windows';
  return member(member(spec, 'nodeSelector'), OS_LABEL) === 'windows';
}

/** What the ServiceAccount admission plugin of the API server calls the volume that it adds to every pod. */
const INJECTED_TOKEN = /^kube-api-access-[a-z0-9]+$/;

/** A token that a volume of a pod holds, and what it is good for. */
interface MountedToken {
  readonly path: Path;
  /** Who else than the API server takes it. */
  readonly audience: string | undefined;
}

/** What audiences of the API server are called; without one a token is for it too. */
const API_SERVER = /kubernetes|^$/;

function mountedTokens(spec: unknown, at: Path): MountedToken[] {
  const automount = member(spec, 'automountServiceAccountToken');
  return entries(member(spec, 'volumes')).flatMap(([index, volume]) => {
    const name = member(volume, 'name');
    // The plugin adds it unless the pod says no, and a pod that says nothing asks for nothing.
    if (automount !== false && typeof name === 'string' && INJECTED_TOKEN.test(name)) return [];
    return entries(member(member(volume, 'projected'), 'sources')).flatMap(([source, value]) => {
      const token = member(value, 'serviceAccountToken');
      if (!isMapping(token)) return [];
      const audience = typeof token.audience === 'string' ? token.audience : '';
      return [
        {
          path: [...at, 'volumes', index, 'projected', 'sources', source, 'serviceAccountToken'],
          audience: API_SERVER.test(audience) ? undefined : audience,
        },
      ];
    });
  });
}

/** What the volumes of a pod ask for: a token for the API server is one however it is mounted. */
export function volumeAsks(report: Report, spec: unknown, at: Path): DirectOverride[] {
  return mountedTokens(spec, at).flatMap(({ path, audience }) =>
    audience === undefined ? [{ id: 'automountServiceAccountToken', path: report.absolute(path) }] : [],
  );
}

/** Groups of a pod that are the root group: each container is in them. */
export function rootGroupAsks(report: Report, spec: unknown, at: Path): DirectOverride[] {
  const context = member(spec, 'securityContext');
  const places: Path[] = [
    ...(member(context, 'fsGroup') === 0 ? [['fsGroup']] : []),
    ...entries(member(context, 'supplementalGroups')).flatMap(([index, group]) =>
      group === 0 ? [['supplementalGroups', index]] : [],
    ),
  ];
  return places.map((place) => ({
    id: 'runAsRootGroup',
    path: report.absolute([...at, 'securityContext', ...place]),
  }));
}

/** The SELinux types that Pod Security's baseline level allows; any other may leave the confinement. */
const CONFINED_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

/** What a container asks for by its security context, or by the pod's where it says nothing itself. */
export function securityContextAsks(
  own: { readonly value: unknown; readonly path: Path },
  pod: { readonly value: unknown; readonly path: Path },
): DirectOverride[] {
  const asks: DirectOverride[] = [];
  // A container's SELinux options replace those of the pod as a whole.
  const selinux = isMapping(member(own.value, 'seLinuxOptions')) ? own : pod;
  const options = member(selinux.value, 'seLinuxOptions');
  const ask = (field: string, id: (value: string) => string): void => {
    const value = member(options, field);
    if (typeof value !== 'string' || value === '' || (field === 'type' && CONFINED_TYPES.includes(value)))
      return;
    asks.push({ id: id(value), path: [...selinux.path, 'seLinuxOptions', field] });
  };
  ask('type', (value) => `seLinux:${value}`);
  ask('user', (value) => `seLinux:user:${value}`);
  ask('role', (value) => `seLinux:role:${value}`);
  if (member(own.value, 'procMount') === 'Unmasked')
    asks.push({ id: 'procMount:Unmasked', path: [...own.path, 'procMount'] });
  const windows = member(member(own.value, 'windowsOptions'), 'hostProcess') == null ? pod : own;
  if (member(member(windows.value, 'windowsOptions'), 'hostProcess') === true)
    asks.push({ id: 'windowsHostProcess', path: [...windows.path, 'windowsOptions', 'hostProcess'] });
  return asks;
}

/** Runtime classes that run containers on the kernel of the node, where Tetragon sees them. */
const NODE_RUNTIMES = /^(runc|crun|youki|containerd|docker|nvidia)([-.].*)?$/;

/** Tells of fields of a pod that no override speaks of, and of pods that run where Tetragon sees nothing. */
export function notePodConcerns(report: Report, spec: unknown, at: Path): void {
  const runtime = member(spec, 'runtimeClassName');
  if (typeof runtime === 'string' && runtime !== '' && !NODE_RUNTIMES.test(runtime)) {
    report.note(
      'UnseenRuntime',
      [...at, 'runtimeClassName'],
      `The runtime class ${JSON.stringify(runtime.slice(0, 100))} is not one that is known to run containers on the kernel of the node. Inside a sandbox such as Kata or gVisor Tetragon sees nothing, and the policies do not hold.`,
    );
  }
  const node = member(spec, 'nodeName');
  const virtual = member(member(spec, 'nodeSelector'), 'type') === 'virtual-kubelet';
  if ((typeof node === 'string' && node !== '') || virtual) {
    report.note(
      'UnseenRuntime',
      virtual ? [...at, 'nodeSelector', 'type'] : [...at, 'nodeName'],
      'The pod is bound to a node past the scheduler. On a virtual node no Tetragon runs, and the policies do not hold.',
    );
  }
  if (member(spec, 'hostUsers') === false) {
    report.note(
      'OwnUserNamespace',
      [...at, 'hostUsers'],
      'The pod has a user namespace of its own: its uid 0 is another user of the node, so what is decided about root concerns the pod alone.',
    );
  }
  const sysctls = member(member(spec, 'securityContext'), 'sysctls');
  if (entries(sysctls).length > 0) {
    report.note(
      'SysctlsNotJudged',
      [...at, 'securityContext', 'sysctls'],
      'No override speaks of sysctls: policies do not decide about them.',
    );
  }
  const unjudged = (path: Path | undefined, what: string): void => {
    if (path !== undefined)
      report.note('NotJudged', path, `No override speaks of ${what}: policies do not decide about it.`);
  };
  const volumes = entries(member(spec, 'volumes'));
  const hostPath = volumes.find(([, volume]) => isMapping(member(volume, 'hostPath')));
  unjudged(
    hostPath && [...at, 'volumes', hostPath[0], 'hostPath'],
    'a directory of the node that is mounted (hostPath)',
  );
  const token = mountedTokens(spec, at).find(({ audience }) => audience !== undefined);
  unjudged(
    token?.path,
    `a token of the service account for ${JSON.stringify(token?.audience?.slice(0, 100))} that is mounted`,
  );
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((group) =>
    entries(member(spec, group)).map(([index, container]) => ({ at: [...at, group, index], container })),
  );
  // In the network of the host every port is one of the host, and that is asked for.
  const hostPort = member(spec, 'hostNetwork') === true ? undefined : firstHostPort(containers);
  unjudged(hostPort, 'a port of the node (hostPort)');
  const user = [
    { at: [...at, 'securityContext'], context: member(spec, 'securityContext') },
    ...containers.map(({ at: place, container }) => ({
      at: [...place, 'securityContext'],
      context: member(container, 'securityContext'),
    })),
  ].find(({ context }) => {
    const name = member(member(context, 'windowsOptions'), 'runAsUserName');
    return typeof name === 'string' && name !== '' && name !== 'ContainerUser';
  });
  unjudged(user && [...user.at, 'windowsOptions', 'runAsUserName'], 'the user of a Windows container');
}

function firstHostPort(
  containers: readonly { readonly at: Path; readonly container: unknown }[],
): Path | undefined {
  for (const { at, container } of containers) {
    for (const [index, port] of entries(member(container, 'ports'))) {
      const value = member(port, 'hostPort');
      if (typeof value === 'number' && value !== 0) return [...at, 'ports', index, 'hostPort'];
    }
  }
  return undefined;
}
