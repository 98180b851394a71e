/**
 * The door for sockets: which upgrade requests become connections. One path, one protocol, no pages in browsers, and a good token
 * before `101`. Every refusal is a plain HTTP answer with a refusal of ours for its body, which tells no more than its status: by it a
 * desktop knows that the relay spoke, and not something on the way.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { refuse as refusalOf, type RefusalKind } from '../../protocol/errors.ts';
import type { Limits } from '../../protocol/limits.ts';
import { SOCKET_PATH, SUBPROTOCOL } from '../../protocol/version.ts';
import type { Log } from '../ports/log.ts';
import { StoreUnavailable } from '../ports/store.ts';
import type { GatewayAuth, Principal } from './auth-port.ts';
import type { RelayCore } from './core.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { SocketWire } from './socket-wire.ts';
import type { Turnstile } from './turnstile.ts';

export interface UpgradesParts {
  /** Node's own server; this attaches to its `connection` and `upgrade`. */
  readonly server: Server;
  readonly core: RelayCore;
  readonly auth: Pick<GatewayAuth, 'verifyUpgrade'>;
  readonly turnstile: Turnstile;
  readonly limits: Limits;
  readonly log: Log;
  readonly trustedProxies: ReadonlySet<string>;
  /** Why a request of any kind may not pass (Host, Origin, headers); undefined when it may. */
  readonly requestFault: (
    request: IncomingMessage,
  ) => { readonly status: number; readonly reason: string } | undefined;
  readonly isDraining: () => boolean;
  /** The socket became a connection: whoever kept an eye on it need not any more. */
  readonly onTaken?: (socket: Socket) => void;
}

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
const KINDS: Readonly<Record<number, RefusalKind>> = {
  401: 'session-ended',
  403: 'not-allowed',
  404: 'not-found',
  429: 'rate-limited',
  500: 'internal',
  503: 'unavailable',
};
const KEY = /^[+/0-9A-Za-z]{22}==$/;
const RETRY_AFTER = 'Retry-After: 2';
/** RFC 6455's own: proves that the answer is a WebSocket server's and not some cache's. */
const ACCEPT_SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export interface Upgrades {
  /** Connections that have not shown a token. */
  readonly waiting: number;
  /** The connection showed a good token at another door. */
  admit(socket: Socket): void;
  close(): void;
}

export function attachUpgrades(parts: UpgradesParts): Upgrades {
  const { server, core, turnstile, limits } = parts;
  const onFull = (): void => {
    core.counts.doorFull++;
    parts.log.debug('door-full', { waiting: doorkeeper.waiting });
  };
  const doorkeeper = new Doorkeeper({ ...parts, onFull });

  const onConnection = (socket: Socket): void => void doorkeeper.arrive(socket);
  const onUpgrade = (request: IncomingMessage, duplex: Duplex, head: Buffer): void => {
    // Node's upgrades come on net or TLS sockets.
    const socket = duplex as Socket;
    socket.on('error', ignore);
    const accept = (who: Principal): void => {
      doorkeeper.admit(socket);
      turnstile.passed();
      core.counts.accepts++;
      parts.onTaken?.(socket);
      socket.off('error', ignore);
      socket.write(switching(request.headers['sec-websocket-key'] ?? ''));
      const wire = new SocketWire(socket, core, who, limits);
      // What came along with the request.
      if (head.length > 0) wire.take(head);
    };
    upgrade(parts, request, socket, accept).catch((error: unknown) => {
      const isUnavailable = error instanceof StoreUnavailable;
      if (!isUnavailable) parts.log.error('upgrade-failed', {}, error);
      refuse(parts, socket, isUnavailable ? 503 : 500, [RETRY_AFTER]);
    });
  };
  server.on('connection', onConnection);
  server.on('upgrade', onUpgrade);
  return {
    get waiting() {
      return doorkeeper.waiting;
    },
    admit: (socket) => doorkeeper.admit(socket),
    close() {
      server.off('connection', onConnection);
      server.off('upgrade', onUpgrade);
    },
  };
}

async function upgrade(
  parts: UpgradesParts,
  request: IncomingMessage,
  socket: Duplex,
  accept: (who: Principal) => void,
): Promise<void> {
  const { auth, core, turnstile, log } = parts;
  const fault = parts.requestFault(request);
  if (fault) {
    log.warn('upgrade-refused', { reason: fault.reason, status: fault.status });
    return refuse(parts, socket, fault.status);
  }
  if (request.url !== SOCKET_PATH) return refuse(parts, socket, 404);
  if (parts.isDraining()) return refuse(parts, socket, 503, [RETRY_AFTER]);
  const shape = shapeFault(request);
  if (shape) return refuse(parts, socket, shape.status, shape.headers);
  const awayFor = turnstile.awayForSeconds();
  if (awayFor > 0) {
    core.counts.sentAway++;
    // Not 503: a balancer would take that for a relay which is going down, and leave it alone.
    return refuse(parts, socket, 429, [`Retry-After: ${awayFor}`]);
  }
  const who = await auth.verifyUpgrade(request);
  if (socket.destroyed) return;
  if (!who.ok)
    return refuse(
      parts,
      socket,
      who.error.status,
      who.error.status === 401 ? ['WWW-Authenticate: Bearer'] : [],
    );
  // What was true before the token was checked may have changed meanwhile.
  if (parts.isDraining()) return refuse(parts, socket, 503, [RETRY_AFTER]);
  accept(who.value);
}

/** What RFC 6455 asks of a handshake, and our own protocol's name. Asked before the token, so that nobody learns more by asking wrongly. */
function shapeFault({
  method,
  headers,
}: IncomingMessage): { readonly status: number; readonly headers: readonly string[] } | undefined {
  if (method !== 'GET') return { status: 405, headers: ['Allow: GET'] };
  if (headers.upgrade?.toLowerCase() !== 'websocket') return { status: 400, headers: [] };
  if (headers['sec-websocket-version'] !== '13')
    return { status: 426, headers: ['Sec-WebSocket-Version: 13'] };
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) return { status: 400, headers: [] };
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return offered.includes(SUBPROTOCOL) ? undefined : { status: 400, headers: [] };
}

/** The answer that makes the connection a WebSocket: our protocol, and no extension whatever was offered. */
function switching(key: string): string {
  const accept = hash('sha1', key + ACCEPT_SALT, 'base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`;
}

function refuse(
  { core }: UpgradesParts,
  socket: Duplex,
  status: number,
  headers: readonly string[] = [],
): void {
  if (socket.destroyed) return;
  core.counts.upgradeRefused(status);
  const body = JSON.stringify({ refusal: refusalOf(KINDS[status] ?? 'bad-request') });
  const lines = [
    `HTTP/1.1 ${status} ${PHRASES[status] ?? 'Error'}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

function ignore(): void {}
