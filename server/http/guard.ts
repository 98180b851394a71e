/**
 * What every request must be before anything of it is used, upgrades included: exactly one
 * well-formed Host that names this relay, not too many headers, no query string (tokens end up
 * there, and then in logs), and not from a page in a browser. Also where it comes from, behind
 * trusted proxies.
 */
import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { HTTP } from '../../protocol/http.ts';
import { isRelayAddress } from '../../protocol/invite-link.ts';
import { plainAddress } from '../limits/networks.ts';
import type { IsKnownHost } from './known-hosts.ts';

export interface RequestFault {
  readonly status: 400 | 403 | 421 | 431;
  readonly reason: 'host' | 'unknown-host' | 'headers' | 'query' | 'browser';
}

/** Honest clients send some ten. Thousands of tiny ones are a known way to make parsers behind the first one fall over. */
const MAX_HEADERS = 100;

export type RequestHead = Pick<IncomingMessage, 'url' | 'headers' | 'rawHeaders'>;

/**
 * They are asked by address, by service name or by whatever a balancer is set to, and tell nothing.
 */
const ANSWERED_TO_ANY_NAME: readonly string[] = [HTTP.health, HTTP.ready];

/** @param isKnownHost  null where TLS has proved the name already */
export function requestFault(
  head: RequestHead,
  isKnownHost: IsKnownHost | null,
): RequestFault | undefined {
  const { url = '', headers, rawHeaders } = head;
  if (rawHeaders.length > 2 * MAX_HEADERS) return { status: 431, reason: 'headers' };
  const host = hostFault(head, ANSWERED_TO_ANY_NAME.includes(url) ? null : isKnownHost);
  if (host) return host;
  if (url.includes('?') || url.includes('#')) return { status: 400, reason: 'query' };
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none'))
    return { status: 403, reason: 'browser' };
  return undefined;
}

/** Whether the request names exactly one host, and one that is known. */
export function hostFault(
  { headers, rawHeaders }: Omit<RequestHead, 'url'>,
  isKnownHost: IsKnownHost | null,
): RequestFault | undefined {
  // Node keeps the first of several Hosts without a word; a proxy in front may have kept the last.
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  const host = headers.host ?? '';
  if (hosts.length !== 1 || !isRelayAddress(host)) return { status: 400, reason: 'host' };
  return isKnownHost?.(host) === false ? { status: 421, reason: 'unknown-host' } : undefined;
}

/**
 * The address of the client. `X-Forwarded-For` counts only when the connection comes from a trusted proxy, and only its last entry:
 * the earlier ones are the client's own words.
 */
export function clientAddress(
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustedProxies: ReadonlySet<string>,
): string {
  const remote = plainAddress(request.socket.remoteAddress ?? '');
  if (!trustedProxies.has(remote)) return remote;
  const forwarded = request.headers['x-forwarded-for'];
  const last =
    (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? ''))
      .split(',')
      .at(-1)
      ?.trim() ?? '';
  return isIP(last) === 0 ? remote : plainAddress(last);
}
