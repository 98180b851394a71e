/**
 * Which links may leave the app. The core has already checked; this is the second lock, next to the door itself, because
 * a link handed to the system can start any program that registered a scheme (`ms-msdt:`, `search-ms:`, `smb:` …).
 */
const OUTSIDE = new Set(['http:', 'https:', 'mailto:']);
const MAX_LENGTH = 4096;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** The link re-serialised by the URL parser, or undefined where it may not be opened. */
export function outsideLink(url: string): string | undefined {
  if (url.length > MAX_LENGTH || CONTROL.test(url)) return undefined;
  const parsed = URL.parse(url);
  if (parsed === null || !OUTSIDE.has(parsed.protocol)) return undefined;
  // `http://bank.example@evil.example` shows one name and goes to another.
  if (parsed.username !== '' || parsed.password !== '') return undefined;
  if (parsed.protocol !== 'mailto:' && parsed.hostname === '') return undefined;
  return parsed.href;
}
