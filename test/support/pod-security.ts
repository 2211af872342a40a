type Fields = Readonly<Record<string, unknown>>;

/** The spec of a pod that the restricted level of the Pod Security Standards allows. */
export function restrictedPod(container: Fields = {}, security: Fields = {}, pod: Fields = {}): Fields {
  return {
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    volumes: [
      { name: 'tmp', emptyDir: {} },
      { name: 'settings', configMap: { name: 'web' } },
    ],
    containers: [
      {
        name: 'app',
        image: 'app:1',
        command: ['/bin/app'],
        ports: [{ containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/', port: 8080 } },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, ...security },
        ...container,
      },
    ],
    ...pod,
  };
}

/** A control of the Pod Security Standards (1.37), with pods that violate nothing but it. */
export interface Control {
  readonly level: 'baseline' | 'restricted';
  readonly name: string;
  /** Each violating pod, and what it asks for. */
  readonly violations: readonly (readonly [Fields, readonly string[]])[];
}

const pod = (fields: Fields) => restrictedPod({}, {}, fields);
const security = (fields: Fields) => restrictedPod({}, fields);
const podSecurity = (fields: Fields) =>
  pod({ securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' }, ...fields } });
const volume = (type: string, value: unknown = {}) => pod({ volumes: [{ name: 'v', [type]: value }] });
const DEFAULTS =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'
    .split(' ')
    .map((name) => `capability:${name}`);

/** The controls, in the order of the standards. */
export const CONTROLS: readonly Control[] = [
  {
    level: 'baseline',
    name: 'HostProcess',
    violations: [
      [security({ windowsOptions: { hostProcess: true } }), ['windowsHostProcess']],
      [podSecurity({ windowsOptions: { hostProcess: true } }), ['windowsHostProcess']],
    ],
  },
  {
    level: 'baseline',
    name: 'Host Namespaces',
    violations: [
      // With ports, it would ask for these too.
      [restrictedPod({ ports: [] }, {}, { hostNetwork: true }), ['hostNetwork']],
      [pod({ hostPID: true }), ['hostPID']],
      [pod({ hostIPC: true }), ['hostIPC']],
    ],
  },
  {
    level: 'baseline',
    name: 'Privileged Containers',
    violations: [[security({ privileged: true }), ['privileged']]],
  },
  {
    level: 'baseline',
    name: 'Capabilities',
    violations: [
      [security({ capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }), ['capability:NET_RAW']],
      [security({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }), ['capability:SYS_ADMIN']],
    ],
  },
  {
    level: 'baseline',
    name: 'HostPath Volumes',
    violations: [[volume('hostPath', { path: '/a' }), ['hostPath:/a']]],
  },
  {
    level: 'baseline',
    name: 'Host Ports',
    violations: [[restrictedPod({ ports: [{ containerPort: 80, hostPort: 80 }] }), ['hostPort:80']]],
  },
  {
    level: 'baseline',
    name: 'Host Probes / Lifecycle Hooks',
    violations: [
      [restrictedPod({ livenessProbe: { httpGet: { port: 1, host: 'a' } } }), ['hostProbe:a']],
      [restrictedPod({ startupProbe: { tcpSocket: { port: 1, host: '::1' } } }), ['hostProbe:::1']],
      [restrictedPod({ lifecycle: { preStop: { httpGet: { port: 1, host: 'b' } } } }), ['hostProbe:b']],
    ],
  },
  {
    level: 'baseline',
    name: 'AppArmor',
    violations: [
      [security({ appArmorProfile: { type: 'Unconfined' } }), ['apparmor:Unconfined']],
      [podSecurity({ appArmorProfile: { type: 'Unconfined' } }), ['apparmor:Unconfined']],
    ],
  },
  {
    level: 'baseline',
    name: 'SELinux',
    violations: [
      [security({ seLinuxOptions: { type: 'spc_t' } }), ['seLinux:spc_t']],
      [podSecurity({ seLinuxOptions: { user: 'system_u' } }), ['seLinux:user:system_u']],
      [security({ seLinuxOptions: { role: 'system_r' } }), ['seLinux:role:system_r']],
      [
        restrictedPod(
          {},
          { seLinuxOptions: {} },
          {
            securityContext: {
              runAsNonRoot: true,
              seccompProfile: { type: 'RuntimeDefault' },
              seLinuxOptions: { type: 'spc_t' },
            },
          },
        ),
        ['seLinux:spc_t'],
      ],
    ],
  },
  {
    level: 'baseline',
    name: '/proc Mount Type',
    violations: [[security({ procMount: 'Unmasked' }), ['procMount:Unmasked']]],
  },
  {
    level: 'baseline',
    name: 'Seccomp',
    violations: [
      [security({ seccompProfile: { type: 'Unconfined' } }), ['seccomp:Unconfined']],
      [podSecurity({ seccompProfile: { type: 'Unconfined' } }), ['seccomp:Unconfined']],
    ],
  },
  {
    level: 'baseline',
    name: 'Sysctls',
    violations: [
      [podSecurity({ sysctls: [{ name: 'kernel.msgmax', value: '1' }] }), ['sysctl:kernel.msgmax']],
      [
        podSecurity({ sysctls: [{ name: 'net/ipv4/ip_forward', value: '1' }] }),
        ['sysctl:net.ipv4.ip_forward'],
      ],
    ],
  },
  { level: 'restricted', name: 'Volume Types', violations: [[volume('nfs'), ['volume:nfs']]] },
  {
    level: 'restricted',
    name: 'Privilege Escalation',
    violations: [
      [security({ allowPrivilegeEscalation: true }), ['allowPrivilegeEscalation']],
      [security({ allowPrivilegeEscalation: undefined }), ['allowPrivilegeEscalation (implicit)']],
      [security({ allowPrivilegeEscalation: null }), ['allowPrivilegeEscalation (implicit)']],
    ],
  },
  {
    level: 'restricted',
    name: 'Running as Non-root',
    violations: [
      [podSecurity({ runAsNonRoot: false }), ['runAsRoot']],
      [podSecurity({ runAsNonRoot: undefined }), ['runAsRoot (implicit)']],
      [podSecurity({ runAsNonRoot: undefined, runAsUser: 1000 }), ['runAsRoot (implicit)']],
    ],
  },
  {
    level: 'restricted',
    name: 'Running as Non-root user',
    violations: [
      [podSecurity({ runAsUser: 0 }), ['runAsRoot']],
      [security({ runAsUser: 0 }), ['runAsRoot']],
    ],
  },
  {
    level: 'restricted',
    name: 'Seccomp (restricted)',
    violations: [
      [podSecurity({ seccompProfile: undefined }), ['seccomp:Unconfined (implicit)']],
      [podSecurity({ seccompProfile: null }), ['seccomp:Unconfined (implicit)']],
    ],
  },
  {
    level: 'restricted',
    name: 'Capabilities (restricted)',
    violations: [
      [
        security({ capabilities: { drop: ['NET_RAW'] } }),
        DEFAULTS.filter((id) => id !== 'capability:NET_RAW'),
      ],
      [security({ capabilities: undefined }), DEFAULTS.map((id) => `${id} (implicit)`)],
      [
        security({ capabilities: { add: ['CHOWN'] } }),
        DEFAULTS.map((id) => (id === 'capability:CHOWN' ? id : `${id} (implicit)`)),
      ],
    ],
  },
];
