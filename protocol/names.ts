/**
 * What may be a name. One rule for members, channels, teams and topics: Unicode NFC, trimmed, no control characters,
 * no line breaks, no bidirectional overrides (they make one name look like another), no lone surrogates. `cleanName`
 * brings what a person typed to that form; the wire accepts only what is already in it.
 */

// C0, C1, line and paragraph separators, bidi embeddings/overrides/isolates, zero-width no-break space.
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u;
const FORBIDDEN_ALL = new RegExp(FORBIDDEN, 'gu');

export function isCleanName(text: string): boolean {
  return (
    text.length > 0 &&
    text === text.trim() &&
    text.isWellFormed() &&
    !FORBIDDEN.test(text) &&
    text === text.normalize('NFC')
  );
}

/** The clean form of typed text: may be empty, may still be too long. */
export function cleanName(typed: string): string {
  return typed
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\s]+/gu, ' ')
    .replace(FORBIDDEN_ALL, '')
    .trim();
}

/** A handle is what `@` is written before: letters of any script, marks, digits, and `. _ -` between them. */
const HANDLE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[._-][\p{L}\p{M}\p{N}]+)*$/u;
const RESERVED = new Set(['here', 'channel', 'everyone', 'all']);

export function isHandle(text: string): boolean {
  return (
    HANDLE.test(text) &&
    text === text.normalize('NFC') &&
    text === text.toLowerCase() &&
    !RESERVED.has(text)
  );
}

/** A handle made from a display name: `Ada Okafor` → `ada.okafor`, `林佳穎` → `林佳穎`. May be empty. */
export function suggestHandle(displayName: string): string {
  const text = cleanName(displayName)
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '.')
    .replace(/^[.\p{M}]+|\.+$/gu, '')
    .slice(0, 32)
    .replace(/\.+$/u, '');
  return isHandle(text) ? text : '';
}
