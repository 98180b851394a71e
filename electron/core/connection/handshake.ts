/**
 * What a WebSocket handshake said, as text for a person to read: the real lines, with the token struck out where it stood.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { acceptOf } from '../../../doctor/accept.ts';
import type { Handshake } from '../../bridge/line.ts';

const HIDDEN = '•••';
/** Headers that carry secrets, ours or those of a proxy in between. */
const SECRET = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);
/** A head is bounded by Node; what is kept of it is bounded here. */
const MOST_LINES = 40;
const MOST_CHARS = 300;

export function describeHandshake(request: ClientRequest, response: IncomingMessage): Handshake {
  const asked = request
    .getRawHeaderNames()
    .map((name) => header(name, String(request.getHeader(name))));
  const answered: string[] = [];
  for (let at = 0; at + 1 < response.rawHeaders.length; at += 2) {
    answered.push(header(response.rawHeaders[at] ?? '', response.rawHeaders[at + 1] ?? ''));
  }
  return {
    request: bounded([`${request.method} ${request.path} HTTP/1.1`, ...asked]),
    response: bounded([
      `HTTP/${response.httpVersion} ${response.statusCode ?? 0} ${response.statusMessage ?? ''}`.trim(),
      ...answered,
    ]),
    isAccepted:
      response.statusCode === 101 &&
      response.headers['sec-websocket-accept'] ===
        acceptOf(String(request.getHeader('sec-websocket-key') ?? '')),
  };
}

function header(name: string, value: string): string {
  if (!SECRET.has(name.toLowerCase())) return `${name}: ${value}`;
  const scheme = /^(Bearer|Basic) /i.exec(value)?.[0] ?? '';
  return `${name}: ${scheme}${HIDDEN}`;
}

const bounded = (lines: readonly string[]): readonly string[] =>
  lines.slice(0, MOST_LINES).map((line) => line.slice(0, MOST_CHARS));
