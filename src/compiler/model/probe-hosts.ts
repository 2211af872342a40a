/**
 * Hosts that the kubelet connects to for a probe or a lifecycle handler.
 * @module
 */

/** Names and addresses, with a zone (`fe80::1%eth0`) where they have one. Other characters are read in more than one way. */
const HOST = /^(?=.{1,253}$)[A-Za-z0-9_.:%-]+$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;
/** A last label in which resolvers may see the end of an address: digits, or a hexadecimal number. */
const NUMERIC_END = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;

/**
 * The one spelling of a host: lower case, no dot at the end, and the shortest form of an address. It is undefined for a
 * host that resolvers read differently, such as `0x7f.1`, and for one with characters that host names do not have.
 *
 * @example
 * canonicalHost('Metadata.Google.Internal.'); // => 'metadata.google.internal'
 * canonicalHost('0:0:0:0:0:ffff:127.0.0.1'); // => '127.0.0.1'
 * canonicalHost('2130706433'); // => undefined
 */
export function canonicalHost(written: string): string | undefined {
  if (!HOST.test(written)) return undefined;
  const host = written.toLowerCase().replace(/\.$/, '');
  if (host.includes(':')) return canonicalIPv6(host);
  if (host.includes('%') || host.split('.').includes('')) return undefined;
  return NUMERIC_END.test(host) && !IPV4.test(host) ? undefined : host;
}

function canonicalIPv6(host: string): string | undefined {
  const [address = '', ...zone] = host.split('%');
  const url = `http://[${address}]/`;
  if (!URL.canParse(url)) return undefined;
  const shortest = new URL(url).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest) ?? [];
  if (high === undefined || low === undefined) return [shortest, ...zone].join('%');
  // Connections to an IPv4 address that is written as one of IPv6 go to the IPv4 address.
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}
