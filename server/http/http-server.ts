/**
 * The HTTP doors of the relay on one server, plain or TLS: who the relay is, how a device gets its tokens, whether the relay lives.
 * Guarantees that nothing reaches a handler that did not pass the guard and its schema, that slow and oversized requests are cut off,
 * and that no answer tells a version, a stack or a path. The socket's upgrade is the gateway's, on the same server; listening is the
 * caller's.
 */
import { createServer as createPlainServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { refuse, type RefusalKind } from '../../protocol/errors.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Log } from '../ports/log.ts';
import { addDoors, type DoorsParts } from './doors.ts';
import { faultAnswer, HEADERS, refusalAnswer, type Answer } from './answers.ts';
import { clientAddress, requestFault } from './guard.ts';
import type { IsKnownHost } from './known-hosts.ts';
import { RequestGate, type RequestGateParts } from './request-gate.ts';
import { addRoutes, allowedMethods, type RoutesParts } from './routes.ts';

export interface HttpServerParts extends RoutesParts {
  readonly log: Log;
  /** Null for plain HTTP. */
  readonly tls: TlsOptions | null;
  /** The names of this relay; null where TLS has proved the name already. */
  readonly isKnownHost: IsKnownHost | null;
  readonly trustedProxies: readonly string[];
  readonly limits: Pick<
    Limits,
    | 'headerBytes'
    | 'headersMs'
    | 'requestMs'
    | 'messageMs'
    | 'httpBodyBytes'
    | 'keepAliveMs'
    | 'requestsWaiting'
    | 'outboundStallMs'
  >;
  /** How requests are counted, and their connections; without it each passes. */
  readonly counting?: Pick<RequestGateParts, 'rate' | 'onRequest' | 'onReceived' | 'onAnswered'>;
  /** Where frames go and come without a socket; none where only accounts are asked for. */
  readonly doors?: Omit<DoorsParts, 'isDraining' | 'onMessage'>;
}

export interface HttpServer {
  /** Node's own server, for `upgrade` and for listening. */
  readonly server: Server;
  /** The socket was upgraded and is somebody else's: it is not looked after any more. */
  release(socket: Socket): void;
  /**
   * Stops listening, cuts idle connections, lets requests finish for `graceMs` (3 s unless told) and then cuts everything that is left,
   * also what never got as far as a request.
   */
  close(graceMs?: number): Promise<void>;
}

/** How often Node looks for connections past their time; its default of 30 s would let a slow one live for 40. */
const CHECK_EVERY_MS = 2_000;
const GRACE_MS = 3_000;

const REFUSALS: Readonly<Record<number, RefusalKind>> = { 403: 'not-allowed', 421: 'unknown-host' };

export async function createHttpServer(parts: HttpServerParts): Promise<HttpServer> {
  const { limits, log, tls } = parts;
  const trustedProxies = new Set(parts.trustedProxies);
  const options = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, limits.headersMs),
    keepAliveTimeout: limits.keepAliveMs,
    insecureHTTPParser: false,
  };
  const gate = new RequestGate({
    limits,
    trustedProxies,
    ...parts.counting,
    onLate: (socket) => refuseBrokenRequest(TOO_LATE, socket),
  });
  let server: Server | undefined;
  const app: FastifyInstance = fastify({
    serverFactory: (router) => {
      const handler = gate.before(router);
      return (server = tls
        ? createTlsServer({ ...tls, ...options, handshakeTimeout: limits.headersMs }, handler)
        : createPlainServer(options, handler));
    },
    bodyLimit: limits.httpBodyBytes,
    exposeHeadRoutes: false,
    clientErrorHandler: refuseBrokenRequest,
    frameworkErrors: (error, _request, reply) => void send(reply, faultAnswer(error).answer),
    routerOptions: { caseSensitive: true },
  });
  acceptOnlyJson(app);

  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS);
    const fault = requestFault(request.raw, parts.isKnownHost);
    if (!fault) return;
    log.warn('http-guard', {
      reason: fault.reason,
      address: clientAddress(request.raw, trustedProxies),
    });
    await send(reply, refusalAnswer(refuse(REFUSALS[fault.status] ?? 'bad-request'), fault.status));
  });
  app.addHook('onResponse', async (request, reply) => {
    const { statusCode } = reply;
    const line = {
      method: request.method.slice(0, 10),
      // The pattern, never what was asked for: people put secrets into addresses.
      path: request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown'),
      status: statusCode,
      address: clientAddress(request.raw, trustedProxies),
      ms: Math.round(reply.elapsedTime),
    };
    if (statusCode >= 400) log.info('http', line);
    else log.debug('http', line);
  });
  app.setErrorHandler(async (error, request, reply) => {
    const { answer, isBug } = faultAnswer(error);
    if (isBug) log.error('http-failed', { path: request.routeOptions.url ?? 'unknown' }, error);
    else if (answer.status === 503)
      log.warn('http-unavailable', { path: request.routeOptions.url ?? 'unknown' });
    await send(reply, answer);
  });
  app.setNotFoundHandler(async (request, reply) => {
    const methods = allowedMethods(request.raw.url ?? '');
    if (methods === undefined) return send(reply, refusalAnswer(refuse('not-found')));
    void reply.header('allow', methods);
    return send(reply, refusalAnswer(refuse('bad-request'), 405));
  });
  addRoutes(app, parts, { send, addressOf: (request) => clientAddress(request, trustedProxies) });
  if (parts.doors) {
    const onMessage = (request: IncomingMessage): void => gate.messageCame(request);
    addDoors(app, { ...parts.doors, isDraining: parts.isDraining, onMessage }, send);
  }
  await app.ready();
  if (!server) throw new Error('fastify made no server');
  return withClosing(app, server);
}

async function send(reply: FastifyReply, { status, headers, body }: Answer): Promise<void> {
  await reply.code(status).headers(headers).send(body);
}

/** One content type, decoded strictly: broken UTF-8 must not become a password with question marks in it. */
function acceptOnlyJson(app: FastifyInstance): void {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(utf8.decode(body as Buffer)));
    } catch {
      done(Object.assign(new Error('not JSON'), { statusCode: 400 }));
    }
  });
}

const TOO_LATE = Object.assign(new Error('the body did not come in time'), {
  code: 'ERR_HTTP_REQUEST_TIMEOUT',
});

const BROKEN: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/**
 * What is not even HTTP gets a status line and the door. Where TLS is not up there is nobody to tell: what was written to such a socket
 * would wait for a handshake that never ends, and the socket with it.
 */
function refuseBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  const { code = '' } = error;
  const isHttp = code.startsWith('HPE_') || Object.hasOwn(BROKEN, code);
  if (!isHttp || !socket.writable) return void socket.destroy();
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${BROKEN[code] ?? '400 Bad Request'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

function withClosing(app: FastifyInstance, server: Server): HttpServer {
  // Node's own list begins with the first byte of HTTP; a TLS handshake that never ends would keep `close` waiting.
  const connections = new Set<Socket>();
  // One function for all of them: a connection may become a member's line, and stay for weeks.
  function forget(this: Socket): void {
    connections.delete(this);
    this.off('close', forget);
  }
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.on('close', forget);
  });
  return {
    server,
    release: (socket) => forget.call(socket),
    async close(graceMs = GRACE_MS) {
      const closed = server.listening
        ? new Promise<void>((resolve) => server.close(() => resolve()))
        : undefined;
      server.closeIdleConnections();
      const timer = setTimeout(() => connections.forEach((socket) => socket.destroy()), graceMs);
      await closed;
      clearTimeout(timer);
      await app.close();
    },
  };
}
