/**
 * The real way to relays: WebSocket and HTTP over a line whose other end has been proved first, so that neither a token
 * nor a password can leave before the key was checked. What answers but is no relay (a captive portal, another server)
 * is told apart from what does not answer. Follows no redirect and uses no proxy.
 */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { HTTP, isRefusal, relayInfo } from '../../../protocol/http.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import { SOCKET_PATH, SUBPROTOCOL } from '../../../protocol/version.ts';
import type {
  Clock,
  DialFault,
  HttpAnswer,
  RelayNet,
  RelaySocket,
  RelayTarget,
  SocketEvents,
} from '../ports.ts';
import { describeHandshake } from './handshake.ts';
import { openDoor } from './door-carrier.ts';
import { retryAfterMs } from './retry-after.ts';
import { openLine, peekFingerprint } from './secure-line.ts';

const HANDSHAKE_MS = 10_000;
const ANSWER_MS = 20_000;
/** A catch-up page of 256 KiB of text, escaped and wrapped, with room to spare. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const MAX_BODY_BYTES = 1024 * 1024;
/** How much of an upgrade's refusal is read to see whose it is, and for how long. */
const MAX_REFUSAL_CHARS = 4_096;
const BODY_MS = 2_000;

export function createRelayNet({ clock }: { readonly clock: Clock }): RelayNet {
  return {
    dial: async (target, accessToken, events, door = 'socket', signal) => {
      if (door !== 'socket')
        return openDoor({ door, target, token: accessToken, events, clock, signal });
      const line = await openLine(target, clock, events.onTraffic);
      if (!line.ok) return line;
      events.onReached?.();
      const opened = await upgrade(line.value, target, accessToken, events, clock, signal);
      if (opened.ok) return opened;
      const { fault, status } = opened.error;
      // What a relay itself refuses is refused at every door.
      if (fault.kind === 'refused' || signal?.aborted === true) return fail(fault);
      return fail((await isRelay(target, clock)) ? { kind: 'no-upgrade', status } : fault);
    },
    request: async (target, request) => {
      const line = await openLine(target, clock);
      return line.ok ? exchange(line.value, target, request, clock) : line;
    },
    peek: (address) => peekFingerprint(address, clock),
  };
}

interface NotUpgraded {
  readonly fault: DialFault;
  /** What it was answered with by something that is no relay; null where it was not answered, or by the relay. */
  readonly status: number | null;
}

function upgrade(
  line: Socket,
  target: RelayTarget,
  token: string,
  events: SocketEvents,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Result<RelaySocket, NotUpgraded>> {
  return new Promise((resolve) => {
    // `ws:` on purpose: what encryption there is, the line already has.
    const socket = new WebSocket(`ws://${target.address}${SOCKET_PATH}`, [SUBPROTOCOL], {
      createConnection: () => line,
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_FRAME_BYTES,
      finishRequest: (request: ClientRequest, self: WebSocket) => {
        const tell = (response: IncomingMessage): void =>
          events.onHandshake?.(describeHandshake(request, response));
        self
          .once('upgrade', tell)
          .once('unexpected-response', (_request, response) => tell(response));
        request.end();
      },
    });
    let isOpen = false;
    let isOver = false;
    const refuse = (fault: DialFault, status: number | null = null): void => {
      if (isOver || isOpen) return;
      isOver = true;
      socket.terminate();
      line.destroy();
      resolve(fail({ fault, status }));
    };
    socket.on('unexpected-response', (_request, response) => {
      void bodyOf(response, clock).then((body) => {
        const isRelays = isRefusal(body);
        refuse(upgradeFault(response, isRelays), isRelays ? null : (response.statusCode ?? 0));
      });
    });
    socket.on('error', (error) => refuse(handshakeFault(error)));
    socket.on('open', () => {
      isOpen = true;
      resolve(
        ok({
          send: (text) => send(socket, text),
          ping: () => ping(socket),
          terminate: () => ((isOver = true), socket.terminate()),
        }),
      );
    });
    socket.on('message', (data, isBinary) => {
      // The wire is text. A frame of another kind says nothing to us.
      if (!isOver && !isBinary) events.onText(textOf(data));
    });
    socket.on('pong', () => {
      if (!isOver) events.onPong();
    });
    socket.on('close', (code) => {
      if (!isOpen) return refuse({ kind: 'unreachable' });
      if (isOver) return;
      isOver = true;
      events.onClose(code);
    });
    const giveUp = (): void => refuse({ kind: 'unreachable' });
    if (signal?.aborted === true) giveUp();
    else signal?.addEventListener('abort', giveUp);
  });
}

function send(socket: WebSocket, text: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(text);
}

function ping(socket: WebSocket): void {
  if (socket.readyState === WebSocket.OPEN) socket.ping();
}

function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}

/** Whether a relay answers there to what is no upgrade. */
async function isRelay(target: RelayTarget, clock: Clock): Promise<boolean> {
  const line = await openLine(target, clock);
  if (!line.ok) return false;
  const answer = await exchange(line.value, target, { method: 'GET', path: HTTP.relay }, clock);
  return answer.ok && answer.value.status === 200 && relayInfo.safeParse(answer.value.body).success;
}

/** What came with a refusal, as far as it can be one of ours. */
function bodyOf(response: IncomingMessage, clock: Clock): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const settle = (): void => {
      cancel();
      resolve(text);
    };
    const cancel = clock.after(BODY_MS, settle);
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MAX_REFUSAL_CHARS) settle();
    });
    response.on('error', settle);
    response.on('close', settle);
  });
}

/** A relay refuses an upgrade with these. Whatever else it says, it did not see one: something on the way took it out. */
const REFUSALS = [401, 429, 503];
/** What proxies say that do not let through, or have no relay behind them. All else is somebody's page. */
const OF_PROXIES = [401, 403, 407, 429, 500, 502, 503, 504];

function upgradeFault(response: IncomingMessage, isRelays: boolean): DialFault {
  const status = response.statusCode ?? 0;
  if (isRelays)
    return REFUSALS.includes(status)
      ? { kind: 'refused', status, retryAfterMs: retryAfterMs(response) }
      : { kind: 'unreachable' };
  return OF_PROXIES.includes(status)
    ? { kind: 'answered-for', status, retryAfterMs: retryAfterMs(response) }
    : { kind: 'not-a-relay' };
}

function handshakeFault(error: Error): DialFault {
  const { code } = error as NodeJS.ErrnoException;
  // Errors of the system have codes of their own; without one, the answer was no WebSocket handshake of ours.
  if (code === undefined && !/timed out|hang up|closed before/i.test(error.message))
    return { kind: 'not-a-relay' };
  return code?.startsWith('HPE_') === true ? { kind: 'not-a-relay' } : { kind: 'unreachable' };
}

function exchange(
  line: Socket,
  target: RelayTarget,
  {
    method,
    path,
    body,
  }: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: unknown },
  clock: Clock,
): Promise<Result<HttpAnswer, DialFault>> {
  return new Promise((resolve) => {
    const settle = (result: Result<HttpAnswer, DialFault>): void => {
      cancel();
      line.destroy();
      resolve(result);
    };
    const cancel = clock.after(ANSWER_MS, () => settle(fail({ kind: 'unreachable' })));
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body), 'utf8');
    const request = httpRequest({
      createConnection: () => line,
      method,
      path,
      headers: {
        host: target.address,
        accept: 'application/json',
        connection: 'close',
        ...(payload
          ? { 'content-type': 'application/json', 'content-length': payload.byteLength }
          : {}),
      },
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      settle(
        fail(
          error.code?.startsWith('HPE_') === true
            ? { kind: 'not-a-relay' }
            : { kind: 'unreachable' },
        ),
      ),
    );
    // Whoever upgrades what did not ask for it.
    request.on('upgrade', () => settle(fail({ kind: 'not-a-relay' })));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > MAX_BODY_BYTES) settle(fail({ kind: 'not-a-relay' }));
        else chunks.push(chunk);
      });
      response.on('error', () => settle(fail({ kind: 'unreachable' })));
      response.on('end', () =>
        settle(answerOf(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))),
      );
    });
    request.end(payload);
  });
}

function answerOf(status: number, text: string): Result<HttpAnswer, DialFault> {
  if (status === 204) return ok({ status, body: null });
  try {
    return ok({ status, body: JSON.parse(text) as unknown });
  } catch {
    return status === 502 || status === 503 || status === 504
      ? fail({ kind: 'unreachable' })
      : fail({ kind: 'not-a-relay' });
  }
}
