/**
 * Stands before the router. A connection has one request at a time: the next one waits until the
 * client has taken the answer, and too many waiting end it. A network that makes too many requests
 * gets 429, and its connection pauses. A body that is not complete in `messageMs`, or an answer that
 * is not taken in `outboundStallMs`, ends its connection.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { refuse } from '../../protocol/errors.ts';
import { HTTP } from '../../protocol/http.ts';
import type { SessionId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { NetworkRates } from '../limits/network-rates.ts';
import { plainAddress } from '../limits/networks.ts';
import { HEADERS, refusalAnswer } from './answers.ts';
import { clientAddress } from './guard.ts';

export interface RequestWaitParts {
  readonly rates: Pick<NetworkRates, 'takeRequest' | 'takeSessionRequest'>;
  readonly trustedProxies: ReadonlySet<string>;
  /** The session whose good token the request shows. */
  readonly sessionOf: (request: IncomingMessage) => SessionId | undefined;
}

/**
 * Counts a request.
 * @returns 0 when it may pass, else the milliseconds until its sender may make one
 */
export function createRequestWait(parts: RequestWaitParts): (request: IncomingMessage) => number {
  const { rates, trustedProxies, sessionOf } = parts;
  return (request) => {
    const session = sessionOf(request);
    if (session !== undefined) return rates.takeSessionRequest(session);
    const address = clientAddress(request, trustedProxies);
    // A request of the proxy itself: it checks whether the relay is well.
    return trustedProxies.has(address) ? 0 : rates.takeRequest(address);
  };
}

export interface RequestRate {
  /** As `createRequestWait` makes it. */
  readonly waitOf: (request: IncomingMessage) => number;
  readonly clock: Pick<Clock, 'after'>;
  /** A request was refused with 429. */
  readonly onLimited: () => void;
}

export interface RequestGateParts {
  readonly limits: Pick<
    Limits,
    'requestsWaiting' | 'messageMs' | 'outboundStallMs' | 'httpBodyBytes'
  >;
  readonly trustedProxies: ReadonlySet<string>;
  /** How requests are counted; without it every request passes. */
  readonly rate?: RequestRate | undefined;
  /** A request of this client begins to be answered on the connection. */
  readonly onRequest?: ((socket: Socket, client: string) => void) | undefined;
  /** The request is complete, its body too. */
  readonly onReceived?: ((socket: Socket) => void) | undefined;
  readonly onAnswered?: ((socket: Socket) => void) | undefined;
  /** The body did not come in time. */
  readonly onLate: (socket: Socket) => void;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The requests of one connection. */
interface Queue {
  isBusy: boolean;
  readonly waiting: Exchange[];
}

/**
 * After a refusal the next request of the connection is not looked at for so long. Behind a proxy
 * it may be another client's.
 */
const PAUSE_MS = 1_000;

export class RequestGate {
  readonly #parts: RequestGateParts;
  readonly #queues = new WeakMap<Socket, Queue>();
  readonly #bodyTimers = new WeakMap<IncomingMessage, NodeJS.Timeout>();

  constructor(parts: RequestGateParts) {
    this.#parts = parts;
  }

  /** What a server calls in place of the handler. */
  before(handler: RequestListener): RequestListener {
    return (request, response) => {
      const { socket } = request;
      // Cut off already; Node goes on with what came in one piece.
      if (socket.destroyed) return;
      let queue = this.#queues.get(socket);
      if (!queue) this.#queues.set(socket, (queue = { isBusy: false, waiting: [] }));
      if (!queue.isBusy) return this.#begin({ request, response }, queue, handler);
      queue.waiting.push({ request, response });
      if (queue.waiting.length > this.#parts.limits.requestsWaiting) cutOff(socket);
    };
  }

  /** A whole message of the body came: the next one has `messageMs` again. */
  messageCame(request: IncomingMessage): void {
    this.#bodyTimers.get(request)?.refresh();
  }

  #begin(exchange: Exchange, queue: Queue, handler: RequestListener): void {
    const { trustedProxies, rate, onRequest, onAnswered } = this.#parts;
    const { request, response } = exchange;
    const { socket } = request;
    queue.isBusy = true;
    const isProxied = trustedProxies.has(plainAddress(socket.remoteAddress ?? ''));
    onRequest?.(socket, clientAddress(request, trustedProxies));
    this.#limitTime(exchange);
    const wait = rate?.waitOf(request) ?? 0;
    response.once('close', () => {
      onAnswered?.(socket);
      if (wait === 0 || isProxied) this.#next(queue, handler);
      else rate?.clock.after(PAUSE_MS, () => this.#next(queue, handler));
    });
    // A check that the relay is well is answered also where strangers share its address: behind the
    // address translation of a container.
    if (wait > 0 && (isProxied || !isHealthCheck(request))) this.#refuse(exchange, wait);
    else void handler(request, response);
  }

  #next(queue: Queue, handler: RequestListener): void {
    queue.isBusy = false;
    const next = queue.waiting.shift();
    // An answer that ends the connection leaves nothing to answer behind it.
    if (next?.request.socket.writable === true) this.#begin(next, queue, handler);
  }

  #refuse({ request, response }: Exchange, wait: number): void {
    this.#parts.rate?.onLimited();
    const { status, headers, body } = refusalAnswer(refuse('rate-limited', { retryAfterMs: wait }));
    const text = JSON.stringify(body);
    response.writeHead(status, {
      ...HEADERS,
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': text.length,
      // Nothing reads a large body only to drop it.
      ...(isLarge(request, this.#parts.limits.httpBodyBytes) ? { connection: 'close' } : {}),
    });
    response.end(text);
  }

  #limitTime({ request, response }: Exchange): void {
    const { limits, onLate, onReceived } = this.#parts;
    if (!hasBody(request)) onReceived?.(request.socket);
    else {
      const timer = setTimeout(() => {
        if (!request.complete) onLate(request.socket);
      }, limits.messageMs);
      this.#bodyTimers.set(request, timer);
      request.once('close', () => clearTimeout(timer));
      request.once('end', () => {
        clearTimeout(timer);
        onReceived?.(request.socket);
      });
    }
    response.once('prefinish', () => {
      if (!response.writableFinished)
        response.setTimeout(limits.outboundStallMs, () => response.destroy());
    });
  }
}

/**
 * Ends the connection and what Node reads on it. One piece of 64 KiB may hold two thousand
 * requests; Node makes objects for all of them, and keeps them until its event loop comes around: 1
 * GiB for 500 connections. An answer of 2 makes its parser stop at once.
 */
function cutOff(socket: Socket & { readonly parser?: { onIncoming?: unknown } | null }): void {
  if (socket.parser) socket.parser.onIncoming = stopParsing;
  socket.destroy();
}

const stopParsing = (): number => 2;

const isHealthCheck = ({ method, url }: IncomingMessage): boolean =>
  method === 'GET' && (url === HTTP.health || url === HTTP.ready);

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const isLarge = ({ headers }: IncomingMessage, bytes: number): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > bytes;
