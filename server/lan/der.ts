/**
 * The few shapes of DER that a certificate is made of. Writes only; reading certificates is left to `node:crypto`. Written here
 * because the libraries that make certificates bring a dozen packages and a global polyfill for these sixty lines.
 */
export type Der = Uint8Array;

const tlv = (tag: number, content: Uint8Array): Der =>
  Buffer.concat([Buffer.from([tag]), length(content.length), content]);

function length(bytes: number): Uint8Array {
  if (bytes < 0x80) return Uint8Array.of(bytes);
  const octets: number[] = [];
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(0x80 | octets.length, ...octets);
}

export const sequence = (...items: readonly Der[]): Der => tlv(0x30, Buffer.concat(items));
export const set = (...items: readonly Der[]): Der => tlv(0x31, Buffer.concat(items));
export const octetString = (content: Uint8Array): Der => tlv(0x04, content);
/** Whole octets only, but for `unusedBits` at the end. */
export const bitString = (content: Uint8Array, unusedBits = 0): Der =>
  tlv(0x03, Buffer.concat([Uint8Array.of(unusedBits), content]));
export const utf8String = (text: string): Der => tlv(0x0c, Buffer.from(text));
/** DER leaves out what is the default, and `false` always is. */
export const yes: Der = Uint8Array.of(0x01, 0x01, 0xff);
/** `[n]` round other items. */
export const tagged = (number: number, ...items: readonly Der[]): Der =>
  tlv(0xa0 | number, Buffer.concat(items));
/** `[n]` in place of an item's own tag. */
export const implicit = (number: number, content: Uint8Array): Der => tlv(0x80 | number, content);

/** A number that is not negative, from its big-endian octets. */
export function unsigned(octets: Uint8Array): Der {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start += 1;
  const body = octets.length === 0 ? Uint8Array.of(0) : octets.subarray(start);
  return tlv(0x02, (body[0] ?? 0) & 0x80 ? Buffer.concat([Uint8Array.of(0), body]) : body);
}

export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const septets = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      septets.unshift((left % 128) | 0x80);
    return septets;
  });
  return tlv(0x06, Uint8Array.from(octets));
}

/** To the second, in UTC. Years before 2050 are written with two digits, as RFC 5280 wants. */
export function time(at: number): Der {
  const text = new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  const isShort = Number(text.slice(0, 4)) < 2050;
  return isShort ? tlv(0x17, Buffer.from(`${text.slice(2)}Z`)) : tlv(0x18, Buffer.from(`${text}Z`));
}
