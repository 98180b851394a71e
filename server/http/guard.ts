/**
 * What every request must be before anything of it is used, upgrades included: exactly one well-formed Host, not too many headers, no
 * query string (tokens end up there, and then in logs), and not from a page in somebody's browser. Also where it comes from, behind
 * trusted proxies.
 */
import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { isRelayAddress } from '../../protocol/invite-link.ts';
import { plainAddress } from '../limits/networks.ts';

export interface RequestFault {
  readonly status: 400 | 403 | 431;
  readonly reason: 'host' | 'headers' | 'query' | 'browser';
}

/** Honest clients send some ten. Thousands of tiny ones are a known way to make parsers behind the first one fall over. */
const MAX_HEADERS = 100;

export type RequestHead = Pick<IncomingMessage, 'url' | 'headers' | 'rawHeaders'>;

export function requestFault({
  url = '',
  headers,
  rawHeaders,
}: RequestHead): RequestFault | undefined {
  if (rawHeaders.length > 2 * MAX_HEADERS) return { status: 431, reason: 'headers' };
  // Node keeps the first of several Hosts without a word; a proxy in front may have kept the last.
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length !== 1 || !isRelayAddress(headers.host ?? ''))
    return { status: 400, reason: 'host' };
  if (url.includes('?') || url.includes('#')) return { status: 400, reason: 'query' };
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none'))
    return { status: 403, reason: 'browser' };
  return undefined;
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
