/**
 * Where others can reach this machine, as it knows by itself: the addresses of its network interfaces and its name. Asks nobody: no
 * look-up, no packet. The operator's own list, where there is one, comes instead.
 */
import type { networkInterfaces } from 'node:os';

export type Interfaces = ReturnType<typeof networkInterfaces>;

export interface AddressesParts {
  readonly interfaces: Interfaces;
  readonly hostname: string;
  readonly port: number;
  /** The address the relay listens on: `0.0.0.0` and `::` stand for all. */
  readonly host: string;
  /** What the operator says: `relay.example`, `10.0.0.5:7420`. Taken as it is when not empty. */
  readonly advertised: readonly string[];
}

/** Invites carry at most this many. */
const MAX_ADDRESSES = 8;

/** `host:port` for invites, the most likely first. */
export function advertisedAddresses({
  interfaces,
  hostname,
  port,
  host,
  advertised,
}: AddressesParts): readonly string[] {
  if (advertised.length > 0)
    return advertised.slice(0, MAX_ADDRESSES).map((address) => withPort(address, port));
  const bound =
    host === '0.0.0.0' || host === '::' || host === ''
      ? [...localAddresses(interfaces, host !== '0.0.0.0'), ...hostNames(hostname)]
      : [host];
  const list = bound.length > 0 ? bound : ['127.0.0.1'];
  return [...new Set(list)].slice(0, MAX_ADDRESSES).map((address) => withPort(address, port));
}

/** Names and addresses the certificate should speak for. */
export function certificateHosts(parts: Omit<AddressesParts, 'port'>): readonly string[] {
  const own = advertisedAddresses({ ...parts, port: 1 }).map((address) =>
    bare(address.replace(/:1$/, '').replace(/:\d+$/, '')),
  );
  return [...new Set(['localhost', '127.0.0.1', '::1', ...own])].filter(
    (name) => name !== '0.0.0.0' && name !== '::',
  );
}

/** Addresses of this machine that others can use: IPv4 first, no loopback, no link-local ones (they need a zone to work). */
export function localAddresses(interfaces: Interfaces, withIPv6: boolean): readonly string[] {
  const all = Object.values(interfaces).flatMap((list) => list ?? []);
  const useful = all.filter(
    ({ internal, address }) =>
      !internal && !/^fe80:/i.test(address) && !address.startsWith('169.254.'),
  );
  const v4 = useful.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
  const v6 = useful.filter(({ family }) => family === 'IPv6').map(({ address }) => address);
  return [...v4, ...(withIPv6 ? v6 : [])];
}

/** A bare machine name is found by mDNS as `name.local`; a full one as it is. */
function hostNames(hostname: string): readonly string[] {
  const name = hostname.toLowerCase();
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name) || name === 'localhost') return [];
  return name.includes('.') ? [name] : [`${name}.local`];
}

function withPort(address: string, port: number): string {
  if (/^\[.*\]:\d+$/.test(address) || /^[^:]+:\d+$/.test(address)) return address;
  return address.includes(':') ? `[${bare(address)}]:${port}` : `${address}:${port}`;
}

const bare = (address: string): string => address.replace(/^\[|\]$/g, '');
