/**
 * One-time codes for setting up and joining: 128 random bits in 26 characters that survive a telephone line and a scribbled note
 * (Crockford's base 32: no I, L, O, U; groups of five; case does not matter). The store keeps the SHA-256 of the normal form.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../ports/clock.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_BYTES = 16;
const GROUP = /.{1,5}/g;

/** `7KQ2M-…`: six groups, the last of one character. */
export function makeCode(random: Random): string {
  let bits = BigInt(`0x${Buffer.from(random.bytes(CODE_BYTES)).toString('hex')}`);
  let text = '';
  for (let at = 0; at < 26; at++) {
    text = (ALPHABET[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
  }
  return (text.match(GROUP) ?? []).join('-');
}

/** The same for every way of writing one code: `o` for zero, `i` and `l` for one, spaces and dashes anywhere. */
export function codeHash(typed: string): string {
  const normal = typed
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  return createHash('sha256').update(normal).digest('hex');
}
