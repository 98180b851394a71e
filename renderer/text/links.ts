/**
 * Which addresses in a text become links. Only http, https and mailto, in plain spelling: no credentials before an `@`, no
 * control characters or spaces hidden in the scheme, no bidirectional override. The core checks again before it opens one.
 */
const HIDDEN = /[\u0000-\u0020\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
const SCHEME = /^(?:https?:\/\/|mailto:)/i;
const LONGEST = 2048;

export interface SafeLink {
  readonly href: string;
  /** The host as the resolver will see it, when it is not what the text shows: letters of another script. */
  readonly punycodeHost: string | null;
}

export function safeLink(typed: string): SafeLink | null {
  if (typed.length > LONGEST || HIDDEN.test(typed) || !SCHEME.test(typed)) return null;
  let url: URL;
  try {
    url = new URL(typed);
  } catch {
    return null;
  }
  if (url.protocol === 'mailto:') return { href: url.href, punycodeHost: null };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  if (url.username !== '' || url.password !== '' || url.hostname === '') return null;
  return { href: url.href, punycodeHost: url.hostname.includes('xn--') ? url.hostname : null };
}
