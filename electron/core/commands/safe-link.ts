/**
 * The only links that may leave the window: http, https and mailto, written anew from their parsed parts, so that what is
 * opened is what was checked. Everything else (scripts, files, shares, handlers of other programs) is refused.
 */
const OPENABLE = new Set(['http:', 'https:', 'mailto:']);
// Characters that make one address look like another, or hide where it ends.
const DECEIVING = /[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\\]/u;

export function safeLink(typed: string): string | undefined {
  const text = typed.trim();
  if (DECEIVING.test(text)) return undefined;
  const url = URL.parse(text);
  if (!url || !OPENABLE.has(url.protocol)) return undefined;
  if (url.protocol === 'mailto:') return url.pathname.includes('@') ? url.href : undefined;
  // `https://bank.example@evil.example` reads as the one and leads to the other.
  if (url.hostname === '' || url.username !== '' || url.password !== '') return undefined;
  return url.href;
}
