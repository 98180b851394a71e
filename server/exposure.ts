/**
 * How bare the way to a server is that relays share. A password keeps strangers out of the server, TLS keeps them from reading and changing
 * what is said to it. On this machine neither is needed; where the address itself says that the way leads over the internet, both are.
 */
import { BlockList, isIP } from 'node:net';

export type Lack = 'password' | 'tls';

export interface Way {
  /** A name or an IP address without brackets; empty, or a path, for a socket of this machine. */
  readonly host: string;
  /** A password, or a certificate that stands for one. */
  readonly hasPassword: boolean;
  readonly isEncrypted: boolean;
}

const LOOPBACK = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
]);
/** Addresses that no router of the internet knows the way to. */
const INNER = blockList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['fc00::', 7],
  ['fe80::', 10],
]);

/** What the way lacks; nothing where it does not leave this machine. */
export function lacksOf({ host, hasPassword, isEncrypted }: Way): readonly Lack[] {
  if (isOnThisMachine(host)) return [];
  return [...(hasPassword ? [] : ['password' as const]), ...(isEncrypted ? [] : ['tls' as const])];
}

/** Whether the way certainly leads over the internet. A name may mean anything and is not looked up: of names nothing is certain. */
export const isPublic = (host: string): boolean =>
  isIP(host) !== 0 && !isOnThisMachine(host) && !isAmong(INNER, host);

const isOnThisMachine = (host: string): boolean =>
  host === '' || host.startsWith('/') || host === 'localhost' || isAmong(LOOPBACK, host);

function isAmong(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets)
    list.addSubnet(net, prefix, isIP(net) === 4 ? 'ipv4' : 'ipv6');
  return list;
}
