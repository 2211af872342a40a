/**
 * The Linux capabilities in the order of their numbers (capabilities(7), `linux/capability.h`). Since kernel 5.9 the
 * last one is CHECKPOINT_RESTORE.
 */
export const CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

/** A capability without its `CAP_` prefix, or `ALL` of them. */
export type CapabilityName = (typeof CAPABILITIES)[number] | 'ALL';

/** The capabilities that containerd and CRI-O give a container that drops nothing. As a mask: 0xa80425fb. */
export const RUNTIME_DEFAULT_CAPABILITIES: readonly CapabilityName[] = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

/**
 * The canonical name of a capability, or undefined if there is none of that name. Runtimes accept any
 * case and some accept the `CAP_` prefix, so a policy about `NET_ADMIN` must see all spellings of it.
 *
 * @example
 * canonicalCapability('cap_net_admin'); // => 'NET_ADMIN'
 * canonicalCapability('NET_ADMINISTRATION'); // => undefined
 */
export function canonicalCapability(name: string): CapabilityName | undefined {
  // Upper-casing folds letters from beyond ASCII into it (ſ becomes S).
  if (!/^[A-Za-z_]+$/.test(name)) return undefined;
  const canonical = name.toUpperCase().replace(/^CAP_/, '');
  return canonical === 'ALL' ? 'ALL' : CAPABILITIES.find((known) => known === canonical);
}

/**
 * The capability that every runtime drops by this name, or undefined if one of them would drop nothing:
 * containerd and CRI-O compare without case, but containerd takes `CAP_NET_RAW` for another name.
 *
 * @example
 * droppedCapability('net_raw'); // => 'NET_RAW'
 * droppedCapability('CAP_NET_RAW'); // => undefined
 */
export function droppedCapability(name: string): CapabilityName | undefined {
  return /^cap_/i.test(name) ? undefined : canonicalCapability(name);
}

/**
 * The bit mask of a set of capabilities. `ALL` sets all 64 bits, including those without a capability so far.
 *
 * @example
 * capabilityMask(['CHOWN', 'KILL']); // => 0b100001n
 */
export function capabilityMask(names: Iterable<CapabilityName>): bigint {
  let mask = 0n;
  for (const name of names) {
    if (name === 'ALL') return 0xffff_ffff_ffff_ffffn;
    mask |= 1n << BigInt(CAPABILITIES.indexOf(name));
  }
  return mask;
}
