/**
 * Kernel parameters (sysctls) that a pod sets.
 * @module
 */

/** The sysctls that the baseline level of the Pod Security Standards (1.37) allows: they reach no other pod and no process of the node. */
export const SAFE_SYSCTLS: readonly string[] = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_notsent_lowat',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_slow_start_after_idle',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
];

/** A name that the API server takes. */
const NAME = /^(?=.{1,253}$)(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/;

/**
 * The name of a sysctl with dots, however it is written; undefined for a name that the API server refuses, or that has
 * dots and slashes: the kubelet takes the one sign for a separator, and container runtimes take both.
 *
 * @example
 * canonicalSysctl('net/ipv4/ip_forward'); // => 'net.ipv4.ip_forward'
 * canonicalSysctl('net.ipv4/ip_forward'); // => undefined
 */
export function canonicalSysctl(name: string): string | undefined {
  if (!NAME.test(name) || (name.includes('.') && name.includes('/'))) return undefined;
  return name.replaceAll('/', '.');
}
