/**
 * The networks that an address belongs to, for limits that count by network. One customer of a
 * provider owns a whole IPv6 /64, and often a /56 or /48; in IPv4 one owner often has several
 * addresses of a /24. The narrowest network is what one machine or home can choose its addresses
 * from at will.
 */
import { isIP, isIPv4 } from 'node:net';

/**
 * The same text for one address in all its spellings that a socket shows: an IPv4 client of a
 * socket for both families, a zone.
 */
export function plainAddress(address: string): string {
  const plain = address.replace(/%.*$/, '').toLowerCase();
  return plain.includes(':') && isIP(plain) !== 0 ? (mappedIPv4(groupsOf(plain)) ?? plain) : plain;
}

/**
 * From the widest to the narrowest: the /24 and the address itself, or the /48, /56 and /64. Text
 * that is no address stands alone.
 */
export function networksOf(address: string): readonly string[] {
  const plain = plainAddress(address);
  if (isIPv4(plain)) return [`${plain.slice(0, plain.lastIndexOf('.'))}.0/24`, plain];
  if (isIP(plain) === 0) return [plain];
  const [a = 0, b = 0, c = 0, d = 0] = groupsOf(plain);
  const prefix = [a, b, c].map(hex).join(':');
  return [`${prefix}::/48`, `${prefix}:${hex(d & 0xff00)}::/56`, `${prefix}:${hex(d)}::/64`];
}

/** The narrowest network of the address: an IPv4 address, or the /64 of an IPv6 one. */
export const networkOf = (address: string): string => networksOf(address).at(-1) ?? address;

/** The eight groups of an IPv6 address that `isIP` has accepted. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const front = parse(head);
  const back = parse(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array<number>(zeros).fill(0), ...back];
}

/** Groups between colons; the last one may be an IPv4 address, which is two. */
const parse = (part: string): readonly number[] =>
  part === ''
    ? []
    : part.split(':').flatMap((group) => (isIPv4(group) ? pairs(group) : [parseInt(group, 16)]));

function pairs(address: string): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

/**
 * `::ffff:10.0.0.7`, in whatever spelling, is how a socket for both families shows an IPv4 client.
 */
function mappedIPv4(groups: readonly number[]): string | undefined {
  const [g = 0, h = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? [g >> 8, g & 255, h >> 8, h & 255].join('.') : undefined;
}

const hex = (group: number): string => group.toString(16);
