/**
 * The names by which a request may call this relay. A page in a browser can have its own name
 * resolve to the relay (DNS rebinding) and is then of one origin with it, but its requests still
 * name the page. An IP address or `localhost` in `Host` shows that no name was in play, or one that
 * no page can have.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** @param host  a well-formed `Host`: `name`, `name:port`, `[v6]:port` */
export type IsKnownHost = (host: string) => boolean;

/** @param names  advertised and allowed ones, with or without a port; the port does not matter */
export function createKnownHosts(names: readonly string[]): IsKnownHost {
  const known = new Set(['localhost', ...names.map(hostOf)]);
  return (given) => {
    const host = hostOf(given);
    return isIP(host) !== 0 || known.has(host);
  };
}

/** Without port and brackets, as DNS compares it. */
function hostOf(text: string): string {
  const v6 = /^\[([^\]]+)\]/.exec(text)?.[1] ?? (isIP(text) === 6 ? text : undefined);
  if (v6 !== undefined) return v6;
  return domainToASCII(text.replace(/:\d+$/, '').replace(/\.$/, ''));
}
