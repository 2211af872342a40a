/** The text about one kind of override in reports: in the rules of SARIF and the titles of annotations. */
export interface OverrideRule {
  readonly title: string;
  /** What the override lets a container do, and what to do instead. */
  readonly help: string;
  /** The severity of an unintended override, from 0 to 10 (`security-severity` of GitHub). */
  readonly severity: string;
}

const PROFILE_HELP =
  'Without the profile of the runtime a container may use kernel features that are seldom needed and often exploited. Leave the profile out, or set its type to RuntimeDefault.';

/** The rules, one for each kind of override. The key is the part of the id before the colon. */
export const OVERRIDE_RULES: Readonly<Record<string, OverrideRule>> = {
  allowedBinary: {
    title: 'Binary outside the policies',
    help: 'Only binaries on the allowlist may run, and each entry needs a permit; `*`, or no command and no allowedBinaries, asks for any binary. List the binaries that are needed by their absolute paths.',
    severity: '6.0',
  },
  capability: {
    title: 'Linux capability',
    help: 'A capability is a part of the power of root. Drop ALL, and add only those that the program fails without.',
    severity: '7.0',
  },
  privileged: {
    title: 'Privileged container',
    help: 'A privileged container has the devices and all capabilities of its node. Add the capability that is needed instead.',
    severity: '9.5',
  },
  allowPrivilegeEscalation: {
    title: 'Privilege escalation',
    help: 'Lets a process gain more privileges than its parent, by setuid binaries. Set allowPrivilegeEscalation to false.',
    severity: '7.0',
  },
  runAsRoot: {
    title: 'Container as root',
    help: 'Root in the container is root on the node once it breaks out. Set runAsNonRoot to true and runAsUser to another id.',
    severity: '7.0',
  },
  runAsRootGroup: {
    title: 'Container in the root group',
    help: 'Files of group 0 are open to it. Set runAsGroup to another id.',
    severity: '5.0',
  },
  readWriteRootFilesystem: {
    title: 'Writable root filesystem',
    help: 'Whoever gets in can leave programs behind. Set readOnlyRootFilesystem to true, and mount an emptyDir where the program writes.',
    severity: '5.0',
  },
  hostNetwork: {
    title: 'Network of the host',
    help: "The pod sees the node's interfaces and what listens on its loopback, past network policies.",
    severity: '7.0',
  },
  hostPID: {
    title: 'Processes of the host',
    help: 'The pod sees and may signal the processes of the node, and its policies cannot spare the container runtime.',
    severity: '8.0',
  },
  hostIPC: {
    title: 'IPC of the host',
    help: "The pod may read and write the node's shared memory.",
    severity: '7.0',
  },
  shareProcessNamespace: {
    title: 'Processes shared in the pod',
    help: 'The containers of the pod see and may signal the processes of each other.',
    severity: '4.0',
  },
  automountServiceAccountToken: {
    title: 'Token of the service account',
    help: 'Whoever gets into the pod can call the API of the cluster with its token. Set it to false where the program does not.',
    severity: '4.0',
  },
  seccomp: { title: 'Weakened seccomp profile', help: PROFILE_HELP, severity: '6.0' },
  seLinux: {
    title: 'SELinux type, user or role',
    help: 'A type other than that of confined containers may reach the files and processes of the node. Leave seLinuxOptions out, or set a level alone.',
    severity: '7.0',
  },
  procMount: {
    title: 'Unmasked /proc',
    help: 'The container sees and may write what the runtime hides of /proc. Leave procMount out.',
    severity: '6.0',
  },
  windowsHostProcess: {
    title: 'Windows host process',
    help: 'The container runs as a process of the Windows node. Leave hostProcess out.',
    severity: '9.5',
  },
  hostPath: {
    title: 'Directory of the node',
    help: 'The pod reads files of the node, and writes them unless every mount is read-only: sockets, logs and credentials of others are among them. Use a persistentVolumeClaim, or mount the narrowest directory with readOnly: true.',
    severity: '8.0',
  },
  hostPort: {
    title: 'Port of the node',
    help: 'The container listens on the addresses of the node, past Services and network policies. Publish it by a Service, and leave hostPort out.',
    severity: '5.0',
  },
  hostProbe: {
    title: 'Probe of another host',
    help: 'The kubelet connects from the node to a host that the pod names, past network policies. Leave host out: probes then reach the pod.',
    severity: '5.0',
  },
  volume: {
    title: 'Volume of a driver in the node',
    help: 'The node mounts what the pod names, with its own rights. Use a persistentVolumeClaim, csi or ephemeral volume.',
    severity: '5.0',
  },
  windowsUser: {
    title: 'User of a Windows container',
    help: 'A user other than ContainerUser, such as ContainerAdministrator, may change the system of the container. Leave runAsUserName out.',
    severity: '6.0',
  },
  supplementalGroup: {
    title: 'Root group as a further group',
    help: 'Files of group 0 are open to the processes of the pod. Set fsGroup and supplementalGroups to other ids.',
    severity: '5.0',
  },
  ephemeralContainer: {
    title: 'Ephemeral container',
    help: 'A container that is added to a running pod, such as for debugging, sees what the others do. Debug a copy of the pod instead.',
    severity: '5.0',
  },
  sysctl: {
    title: 'Kernel parameter (sysctl)',
    help: 'The parameter may change the kernel for other pods, or weaken its protections. Leave it out, or have the node set it.',
    severity: '6.0',
  },
  unjudgedWorkload: {
    title: 'Workload of an unknown kind',
    help: 'The object holds containers, but nobody can tell which pods its controller makes of it: nothing in it is judged or enforced. Compile the pods that it makes, or permit the kind.',
    severity: '6.0',
  },
  apparmor: { title: 'Weakened AppArmor profile', help: PROFILE_HELP, severity: '6.0' },
};

/** The rule of an override: `capability` for `capability:NET_ADMIN`. */
export function ruleOf(override: string): string {
  return override.split(':', 1)[0] ?? override;
}
