/**
 * The doctor's questions over real sockets of this computer. Who is at the other end is proved before anything is said, as the
 * desktop does it; no redirect is followed, no proxy used, no connection kept.
 */
import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { CUT } from '../protocol/close-codes.ts';
import { STREAM_TYPE } from '../protocol/doors.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { fail, ok, type Result } from '../protocol/result.ts';
import { SOCKET_PATH, SUBPROTOCOL } from '../protocol/version.ts';
import type { Answer, Heard, OpenSocket, Place, Sockets, StreamRequest, Upgrade } from './ports.ts';
import { acceptOf } from './accept.ts';

const LATE = 'ETIMEDOUT';
/** The end was not who it should be: nothing was said to it. */
const NOT_PROVED = 'ENOTPROVED';
/** A catch-up page of the longest kind; the doctor reads none of it. */
const MAX_FRAME_BYTES = 16 * DEFAULT_LIMITS.pageBytes;

export const systemSockets: Sockets = {
  lookUp: async (name, signal) => {
    const found = lookup(name, { all: true }).then(
      (all) => ok(all.map(({ address }) => address)),
      (error: unknown) => fail(codeOf(error)),
    );
    return Promise.race([found, late(signal)]);
  },
  reach: async (place, signal) => {
    const opened = await open({ ...place, trust: { kind: 'plain' } }, signal);
    if (!opened.ok) return opened;
    opened.value.destroy();
    return ok(null);
  },
  secure: async (place, signal) => {
    const opened = await open(place, signal);
    if (!opened.ok) return opened;
    const socket = opened.value;
    const distrust = socket instanceof TLSSocket && !socket.authorized ? distrustOf(socket) : null;
    const seen = fingerprintOf(socket);
    socket.destroy();
    return ok({ seen, distrust });
  },
  get: async (place, path, signal) => {
    const line = await proved(place, signal);
    return line.ok ? ask(line.value, place, path, signal) : line;
  },
  hear: async (place, asked, signal) => {
    const line = await proved(place, signal);
    return line.ok ? listen(line.value, place, asked, signal) : line;
  },
  upgrade: async (place, token, signal) => {
    const line = await proved(place, signal);
    return line.ok ? shakeHands(line.value, place, token, signal) : line;
  },
};

const late = (signal: AbortSignal): Promise<{ readonly ok: false; readonly error: string }> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(fail(LATE));
    signal.addEventListener('abort', () => resolve(fail(LATE)), { once: true });
  });

const codeOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException & {
    readonly errors?: readonly NodeJS.ErrnoException[];
  };
  const [first] = (error as { readonly errors?: readonly NodeJS.ErrnoException[] }).errors ?? [];
  return code ?? first?.code ?? message;
};

const hostHeader = ({ host, port }: Place): string =>
  `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

function open({ host, port, trust }: Place, signal: AbortSignal): Promise<Result<Socket, string>> {
  return new Promise((resolve) => {
    const isPlain = trust.kind === 'plain';
    const socket = isPlain
      ? connectPlain({ host, port, noDelay: true })
      : connectTls({
          host,
          port,
          ...(isIP(host) === 0 ? { servername: host } : {}),
          // Judged after the handshake, so that a wrong end can be named.
          rejectUnauthorized: false,
          ...(trust.kind === 'authority' ? {} : { ca: [] }),
          minVersion: 'TLSv1.2',
          ALPNProtocols: ['http/1.1'],
        });
    const settle = (result: Result<Socket, string>): void => {
      signal.removeEventListener('abort', giveUp);
      if (!result.ok) socket.destroy();
      resolve(result);
    };
    const giveUp = (): void => settle(fail(LATE));
    // Whatever comes after the first word on it is no one's business.
    socket.on('error', (error) => settle(fail(codeOf(error))));
    socket.once('close', () => settle(fail('ECONNRESET')));
    socket.once(isPlain ? 'connect' : 'secureConnect', () => settle(ok(socket)));
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

async function proved(place: Place, signal: AbortSignal): Promise<Result<Socket, string>> {
  const opened = await open(place, signal);
  if (!opened.ok) return opened;
  const socket = opened.value;
  const { trust } = place;
  const isProved =
    trust.kind === 'key'
      ? fingerprintOf(socket) === trust.fingerprint
      : trust.kind !== 'authority' || (socket as TLSSocket).authorized;
  if (isProved) return opened;
  socket.destroy();
  return fail(NOT_PROVED);
}

const distrustOf = (socket: TLSSocket): string => {
  const why: unknown = socket.authorizationError;
  return typeof why === 'string'
    ? why
    : why === undefined || why === null
      ? 'unknown'
      : codeOf(why);
};

function fingerprintOf(socket: Socket): string {
  const key =
    socket instanceof TLSSocket
      ? socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
      : undefined;
  return key ? createHash('sha256').update(key).digest('hex') : '';
}

function ask(
  line: Socket,
  place: Place,
  path: string,
  signal: AbortSignal,
): Promise<Result<Answer, string>> {
  return new Promise((resolve) => {
    const settle = (result: Result<Answer, string>): void => {
      signal.removeEventListener('abort', giveUp);
      line.destroy();
      resolve(result);
    };
    const giveUp = (): void => settle(fail(LATE));
    signal.addEventListener('abort', giveUp, { once: true });
    const headers = { host: hostHeader(place), accept: 'application/json', connection: 'close' };
    const asked = request({ createConnection: () => line, method: 'GET', path, headers });
    asked.on('error', (error) => settle(fail(codeOf(error))));
    asked.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > DEFAULT_LIMITS.httpBodyBytes) settle(ok(answerOf(response, '')));
      });
      response.on('error', (error) => settle(fail(codeOf(error))));
      response.on('end', () => settle(ok(answerOf(response, text))));
    });
    asked.end();
  });
}

function listen(
  line: Socket,
  place: Place,
  { path, token, body, until }: StreamRequest,
  signal: AbortSignal,
): Promise<Result<Heard, string>> {
  return new Promise((resolve) => {
    const settle = (result: Result<Heard, string>): void => {
      signal.removeEventListener('abort', giveUp);
      line.destroy();
      resolve(result);
    };
    const giveUp = (): void => settle(fail(LATE));
    signal.addEventListener('abort', giveUp, { once: true });
    const headers = {
      host: hostHeader(place),
      authorization: `Bearer ${token}`,
      accept: STREAM_TYPE,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    const asking = request({ createConnection: () => line, method: 'POST', path, headers });
    asking.on('error', (error) => settle(fail(codeOf(error))));
    asking.on('response', (response) => {
      const status = response.statusCode ?? 0;
      const isStream =
        status === 200 && response.headers['content-type']?.startsWith(STREAM_TYPE) === true;
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        rest += chunk;
        if (isStream && rest.includes(until)) settle(ok({ status, isStream, hasCome: true }));
        rest = rest.slice(-until.length);
      });
      response.on('error', (error) => settle(fail(codeOf(error))));
      response.on('end', () => settle(ok({ status, isStream, hasCome: false })));
    });
    asking.end(body);
  });
}

function answerOf({ statusCode, headers }: IncomingMessage, text: string): Answer {
  const answer = { status: statusCode ?? 0, date: headers.date ?? null };
  try {
    return { ...answer, body: JSON.parse(text) as unknown };
  } catch {
    return { ...answer, body: undefined };
  }
}

function shakeHands(
  line: Socket,
  place: Place,
  token: string | null,
  signal: AbortSignal,
): Promise<Result<Upgrade, string>> {
  return new Promise((resolve) => {
    let key = '';
    let isAccepted = false;
    // `ws:` on purpose: what encryption there is, the line already has.
    const socket = new WebSocket(`ws://${hostHeader(place)}${SOCKET_PATH}`, [SUBPROTOCOL], {
      createConnection: () => line,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: MAX_FRAME_BYTES,
      finishRequest: (asked: ClientRequest) => {
        key = String(asked.getHeader('sec-websocket-key'));
        asked.end();
      },
    });
    const settle = (result: Result<Upgrade, string>): void => {
      signal.removeEventListener('abort', giveUp);
      const isOpen = result.ok && 'socket' in result.value && result.value.isAccepted;
      if (!isOpen) {
        socket.terminate();
        line.destroy();
      }
      resolve(result);
    };
    const giveUp = (): void => settle(fail(LATE));
    signal.addEventListener('abort', giveUp, { once: true });
    socket.on('upgrade', ({ headers }) => {
      isAccepted =
        headers['sec-websocket-accept'] === acceptOf(key) &&
        headers['sec-websocket-protocol'] === SUBPROTOCOL;
      if (!isAccepted) settle(ok({ status: 101, isAccepted, socket: held(socket) }));
    });
    socket.on('unexpected-response', (_asked, response) => {
      const asksBearer = /^bearer\b/i.test(response.headers['www-authenticate'] ?? '');
      settle(ok({ status: response.statusCode ?? 0, asksBearer }));
    });
    socket.on('error', (error) => settle(fail(codeOf(error))));
    socket.on('open', () => settle(ok({ status: 101, isAccepted, socket: held(socket) })));
  });
}

/** Frames may come in the tick of the handshake: nothing is read before somebody watches. */
function held(socket: WebSocket): OpenSocket {
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    watch: ({ onBytes, onText, onClose }) => {
      socket.on('ping', onBytes).on('message', (data: Buffer) => {
        onBytes();
        onText(data.toString());
      });
      if (socket.readyState === WebSocket.CLOSED) onClose(CUT);
      else socket.once('close', onClose);
    },
    end: () => socket.terminate(),
  };
}
