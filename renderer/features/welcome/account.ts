/** What an account's fields must be before the relay is asked. The relay decides; this only spares the round trip. */
export const PASSWORD_MIN_LENGTH = 10;

/** Counted in characters as people see them, not in code units. */
export const isLongEnough = (password: string): boolean =>
  Array.from(password).length >= PASSWORD_MIN_LENGTH;

const HANDLE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[._-][\p{L}\p{M}\p{N}]+)*$/u;
const RESERVED = new Set(['here', 'channel', 'everyone', 'all']);
const HANDLE_LENGTH = 32;
/** Controls, line ends, bidirectional overrides: no part of any name. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

export const isHandle = (text: string): boolean =>
  text.length <= HANDLE_LENGTH &&
  HANDLE.test(text) &&
  text === text.normalize('NFC') &&
  text === text.toLowerCase() &&
  !RESERVED.has(text);

/** `Ada Okafor` → `ada.okafor`, `林佳穎` → `林佳穎`. May be empty. The wire's rule, which the window may not import; a test compares. */
export function suggestHandle(name: string): string {
  const text = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(HIDDEN, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '.')
    .replace(/^[.\p{M}]+|\.+$/gu, '')
    .slice(0, HANDLE_LENGTH)
    .replace(/\.+$/u, '');
  return isHandle(text) ? text : '';
}

/** What a person types after the `@` of their handle, brought to its form. */
export const toHandle = (typed: string): string =>
  typed.normalize('NFC').toLowerCase().replace(/^@+/, '').replace(/\s+/g, '.');
