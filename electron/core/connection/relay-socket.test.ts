/** The way to relays over real sockets on this computer: who is at the other end is proved before anything is said. */
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { loadTls, type RelayTls } from '../../../server/lan/tls.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { refuse } from '../../../protocol/errors.ts';
import { systemClock, systemRandom } from '../../../server/adapters/system-clock.ts';
import type { Handshake } from '../../bridge/line.ts';
import type { RelayTarget, SocketEvents, Traffic } from '../ports.ts';
import { createRelayNet } from './relay-socket.ts';

const net = createRelayNet({ clock: systemClock });
const ends: (() => void)[] = [];
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-tls-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const end of ends.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
});

const key = (name: string): RelayTls =>
  loadTls({ folder: mkdtempSync(join(folder, `${name}-`)), hosts: ['127.0.0.1'], clock: systemClock, random: systemRandom });

async function listen(server: Server, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  ends.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

interface FakeRelay {
  readonly target: RelayTarget;
  /** Every request that reached it with its token. */
  readonly heard: string[];
  readonly sockets: WebSocket[];
  readonly port: number;
  readonly server: HttpsServer;
}

async function relayWith(tls: RelayTls): Promise<FakeRelay> {
  const heard: string[] = [];
  const sockets: WebSocket[] = [];
  const tell = (request: IncomingMessage): void =>
    void heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
  const server = createHttpsServer(tls.options, (request, response) => {
    tell(request);
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ path: request.url, body: body === '' ? null : JSON.parse(body) }));
    });
  });
  const upgrades = new WebSocketServer({ noServer: true, handleProtocols: () => 'landline.v1' });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    tell(request);
    upgrades.handleUpgrade(request, socket, head, (ws) => sockets.push(ws));
  });
  const port = await listen(server);
  return { target: { address: `127.0.0.1:${port}`, fingerprint: tls.fingerprint }, heard, sockets, port, server };
}

function listener(): SocketEvents & { readonly texts: string[]; pongs: number; readonly closed: Promise<number> } {
  const closed = Promise.withResolvers<number>();
  const self = {
    texts: [] as string[],
    pongs: 0,
    closed: closed.promise,
    onText: (text: string) => void self.texts.push(text),
    onPong: () => void self.pongs++,
    onClose: closed.resolve,
  };
  return self;
}

/** A server that answers every request, upgrades included, with these bytes. */
const answering = (bytes: string): Promise<number> =>
  listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(bytes));
    }),
  );

test('what a connection carries is counted with all that TLS adds, also after its end', async () => {
  const relay = await relayWith(key('own'));
  const seen: Traffic[] = [];
  const dialed = await net.dial(relay.target, 'token-1', { ...listener(), onTraffic: (traffic) => seen.push(traffic) });
  if (!dialed.ok) throw new Error(dialed.error.kind);
  const [traffic] = seen;
  const [bytes, wakeUps] = [traffic?.bytes ?? 0, traffic?.wakeUps ?? 0];
  // A handshake of TLS 1.3 with a certificate, and the upgrade in it.
  expect(bytes).toBeGreaterThan(1_000);
  dialed.value.send('x'.repeat(1_000));
  await expect.poll(() => (traffic?.bytes ?? 0) - bytes).toBeGreaterThan(1_000);
  relay.sockets[0]?.send('answer');
  await expect.poll(() => (traffic?.wakeUps ?? 0) - wakeUps).toBe(1);
  const last = traffic?.bytes;
  dialed.value.terminate();
  expect([seen.length, traffic?.bytes]).toEqual([1, last]);
});

describe('what was said to become a WebSocket', () => {
  const handshakeOf = async (target: RelayTarget): Promise<Handshake | undefined> => {
    let seen: Handshake | undefined;
    await net.dial(target, 'token-1', { ...listener(), onHandshake: (handshake) => (seen = handshake) });
    return seen;
  };

  test('is told with the real lines, the token struck out, and the answer to the key checked', async () => {
    const relay = await relayWith(key('own'));
    const seen = await handshakeOf(relay.target);
    expect(seen?.request[0]).toBe('GET /v1/ws HTTP/1.1');
    expect(seen?.request).toEqual(expect.arrayContaining(['Upgrade: websocket', 'authorization: Bearer •••']));
    expect(seen?.response).toEqual(
      expect.arrayContaining(['HTTP/1.1 101 Switching Protocols', expect.stringMatching(/^Sec-WebSocket-Accept: .{28}$/)]),
    );
    expect([seen?.isAccepted, JSON.stringify(seen).includes('token-1')]).toEqual([true, false]);
  });

  test('is told where it was refused, or answered by who did not read it', async () => {
    const plain = async (bytes: string): Promise<RelayTarget> => ({
      address: `127.0.0.1:${await answering(bytes)}`,
      fingerprint: null,
      isPlain: true,
    });
    const refused = await handshakeOf(await plain('HTTP/1.1 503 Busy\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n'));
    expect([refused?.response, refused?.isAccepted]).toEqual([['HTTP/1.1 503 Busy', 'Set-Cookie: •••', 'Content-Length: 0'], false]);
    const switching = 'HTTP/1.1 101 Sure\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: guessed\r\n\r\n';
    expect((await handshakeOf(await plain(switching)))?.isAccepted).toBe(false);
  });
});

describe('a relay whose key is pinned', () => {
  test('is dialled with the token in the header, and frames go both ways', async () => {
    const relay = await relayWith(key('own'));
    const events = listener();
    const dialed = await net.dial(relay.target, 'token-1', events);
    if (!dialed.ok) throw new Error(dialed.error.kind);
    expect(relay.heard).toEqual(['GET /v1/ws Bearer token-1']);
    const [socket] = relay.sockets;
    const heard = new Promise((resolve) => socket?.once('message', (data: Buffer) => resolve(data.toString('utf8'))));
    dialed.value.send('up');
    expect(await heard).toBe('up');
    socket?.send('down');
    await expect.poll(() => events.texts).toEqual(['down']);
    dialed.value.ping();
    await expect.poll(() => events.pongs).toBe(1);
    socket?.close(4501);
    expect(await events.closed).toBe(4501);
    dialed.value.send('late');
    dialed.value.terminate();
  });

  test('is asked over HTTPS with the same pin', async () => {
    const relay = await relayWith(key('own'));
    const answer = await net.request(relay.target, { method: 'POST', path: '/v1/sign-in', body: { handle: 'ada' } });
    expect(answer).toEqual({ ok: true, value: { status: 200, body: { path: '/v1/sign-in', body: { handle: 'ada' } } } });
  });

  test('hears nothing at all when it shows another key', async () => {
    const relay = await relayWith(key('other'));
    const expected = 'ab'.repeat(32);
    const target = { ...relay.target, fingerprint: expected };
    const fault = { ok: false, error: { kind: 'key-mismatch', expected, seen: relay.target.fingerprint } };
    expect(await net.dial(target, 'token-1', listener())).toEqual(fault);
    expect(await net.request(target, { method: 'POST', path: '/v1/refresh', body: { refresh: 'secret' } })).toEqual(fault);
    expect(relay.heard).toEqual([]);
  });

  test.each(['stream', 'long-poll', 'poll'] as const)('hears nothing at the door %s either when it shows another key', async (door) => {
    const relay = await relayWith(key('own'));
    const other = { ...relay.target, fingerprint: 'ab'.repeat(32) };
    expect(await net.dial(other, 'token-1', listener(), door)).toMatchObject({ ok: false, error: { kind: 'key-mismatch' } });
    expect(relay.heard).toEqual([]);
  });

  test('is looked at anew on every connection: a key that changes in between is met', async () => {
    const first = await relayWith(key('own'));
    const pin = first.target;
    expect((await net.request(pin, { method: 'GET', path: '/v1/relay' })).ok).toBe(true);
    const other = key('impostor');
    // The same address, the same ticket keys for session resumption: only the key is another.
    const tickets = first.server.getTicketKeys();
    for (const end of ends.splice(0)) end();
    const heard: string[] = [];
    const server = createHttpsServer({ ...other.options, ticketKeys: tickets }, (request, response) => {
      heard.push(request.url ?? '');
      response.end('{}');
    });
    await listen(server, first.port);
    expect(await net.request(pin, { method: 'GET', path: '/v1/relay' })).toMatchObject({
      ok: false,
      error: { kind: 'key-mismatch', seen: other.fingerprint },
    });
    expect(heard).toEqual([]);
  });

  test('shows its fingerprint without being told anything', async () => {
    const relay = await relayWith(key('own'));
    expect(await net.peek(relay.target.address)).toEqual({ ok: true, value: { fingerprint: relay.target.fingerprint } });
    expect(relay.heard).toEqual([]);
  });
});

describe('a relay without a pin', () => {
  test.each(['0', '1'])('needs a certificate this computer trusts, whatever NODE_TLS_REJECT_UNAUTHORIZED=%s says', async (value) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', value);
    const relay = await relayWith(key('own'));
    const target = { ...relay.target, fingerprint: null };
    expect(await net.dial(target, 'token-1', listener())).toMatchObject({ ok: false, error: { kind: 'key-mismatch' } });
    expect(relay.heard).toEqual([]);
  });

  test('in the clear is met on this computer only', async () => {
    const port = await listen(createHttpServer((_request, response) => response.end('{"here":true}')));
    const request = { method: 'GET', path: '/' } as const;
    expect(await net.request({ address: `127.0.0.1:${port}`, fingerprint: null, isPlain: true }, request)).toMatchObject({
      value: { body: { here: true } },
    });
    for (const address of ['192.0.2.1:1', 'relay.example:1', '127.0.0.1.evil.example:1', '10.0.0.1']) {
      expect(await net.request({ address, fingerprint: null, isPlain: true }, request)).toEqual({
        ok: false,
        error: { kind: 'not-a-relay' },
      });
    }
  });

  test('no proxy of the environment is asked', async () => {
    const proxied: string[] = [];
    const proxy = await listen(
      createHttpServer((request) => proxied.push(request.url ?? '')).on('connect', (request) => proxied.push(request.url ?? '')),
    );
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY'])
      vi.stubEnv(name, `http://127.0.0.1:${proxy}`);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const relay = await relayWith(key('own'));
    expect((await net.request(relay.target, { method: 'GET', path: '/v1/relay' })).ok).toBe(true);
    expect(proxied).toEqual([]);
  });
});

describe('what is no relay', () => {
  const plain = (port: number): RelayTarget => ({ address: `127.0.0.1:${port}`, fingerprint: null, isPlain: true });
  const page = (status: string, more = ''): string =>
    `HTTP/1.1 ${status}\r\n${more}content-type: text/html\r\ncontent-length: 6\r\n\r\n<html>`;

  test.each([
    ['a page', page('200 OK')],
    ['a redirect, which is not followed', page('302 Found', 'location: http://127.0.0.1:1/\r\n')],
    ['a missing page', page('404 Not Found')],
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    [
      'an upgrade with a wrong accept key',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n',
    ],
  ])('%s is told apart from silence', async (_what, bytes) => {
    expect(await net.dial(plain(await answering(bytes)), 'token', listener())).toEqual({ ok: false, error: { kind: 'not-a-relay' } });
  });

  test('a page in answer to a question as well', async () => {
    expect(await net.request(plain(await answering(page('200 OK'))), { method: 'GET', path: '/v1/relay' })).toEqual({
      ok: false,
      error: { kind: 'not-a-relay' },
    });
  });

  test('something that does not speak TLS', async () => {
    const port = await answering('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await net.dial({ address: `127.0.0.1:${port}`, fingerprint: 'ab'.repeat(32) }, 'token', listener())).toEqual({
      ok: false,
      error: { kind: 'not-a-relay' },
    });
    expect(await net.peek(`127.0.0.1:${port}`)).toEqual({ ok: false, error: { kind: 'not-a-relay' } });
  });

  const refusals = [
    ['401 Unauthorized', '', 401, null],
    ['503 Service Unavailable', 'retry-after: 7\r\n', 503, 7_000],
    ['429 Too Many Requests', 'retry-after: soon\r\n', 429, null],
    ['503 Come Back', 'retry-after: 86400\r\n', 503, 3_600_000],
  ] as const;

  test.each(refusals)(
    'an upgrade refused with %s by a relay says so, and when to come back',
    async (status, header, code, retryAfterMs) => {
      const body = JSON.stringify({ refusal: refuse('unavailable') });
      const port = await answering(`HTTP/1.1 ${status}\r\n${header}content-length: ${body.length}\r\n\r\n${body}`);
      expect(await net.dial(plain(port), 'token', listener())).toEqual({
        ok: false,
        error: { kind: 'refused', status: code, retryAfterMs },
      });
    },
  );

  test.each(refusals)(
    'an upgrade answered with %s by anything else is not the relay’s refusal',
    async (status, header, code, retryAfterMs) => {
      expect(await net.dial(plain(await answering(page(status, header))), 'token', listener())).toEqual({
        ok: false,
        error: { kind: 'answered-for', status: code, retryAfterMs },
      });
    },
  );

  test('an upgrade refused without end or with a book is not waited for', async () => {
    const clock = createFakeClock(0);
    const still = createRelayNet({ clock });
    for (const body of ['', 'x'.repeat(5_000)]) {
      const open = await listen(
        createTcpServer((socket) => {
          socket.on('error', () => undefined);
          socket.once('data', () => socket.write(`HTTP/1.1 502 Bad Gateway\r\ncontent-length: 100000\r\n\r\n${body}`));
        }),
      );
      const seen = Promise.withResolvers<Handshake>();
      let isOver = false;
      const dialed = still.dial(plain(open), 'token', { ...listener(), onHandshake: seen.resolve }).finally(() => (isOver = true));
      await seen.promise;
      await expect
        .poll(() => {
          clock.advance(2_000);
          return isOver;
        })
        .toBe(true);
      expect(await dialed).toEqual({ ok: false, error: { kind: 'answered-for', status: 502, retryAfterMs: null } });
    }
  });

  /** A relay behind something that treats upgrades in a way of its own. */
  const relayBehind = async (onUpgrade: (socket: Duplex) => void): Promise<{ readonly target: RelayTarget; readonly asked: string[] }> => {
    const asked: string[] = [];
    const server = createHttpServer((request, response) => {
      asked.push(request.url ?? '');
      const isRelay = request.url === '/v1/relay';
      response.writeHead(isRelay ? 200 : 404, { 'content-type': 'application/json' });
      response.end(isRelay ? '{"product":"landline","versions":{"min":1,"max":1},"team":null}' : '{}');
    });
    server.on('upgrade', (_request, socket: Duplex) => onUpgrade(socket));
    return { target: plain(await listen(server)), asked };
  };

  test.each([200, 400, 401, 403, 404, 407, 426, 429, 502, 503])(
    'an upgrade answered with %i in the place of a relay that answers all else is told apart from both',
    async (status) => {
      const { target } = await relayBehind((socket) => socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`));
      expect(await net.dial(target, 'token', listener())).toEqual({ ok: false, error: { kind: 'no-upgrade', status } });
    },
  );

  test('an upgrade that reaches the relay as a plain request, or is cut off, did not come through either', async () => {
    const body = JSON.stringify({ refusal: refuse('not-found') });
    const stripped = await relayBehind((socket) => socket.end(`HTTP/1.1 404 No\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
    const cut = await relayBehind((socket) => socket.destroy());
    const fault = { ok: false, error: { kind: 'no-upgrade', status: null } };
    expect(await net.dial(stripped.target, 'token', listener())).toEqual(fault);
    expect(await net.dial(cut.target, 'token', listener())).toEqual(fault);
  });

  test('an attempt that was given up before the relay was reached sends no upgrade', async () => {
    let upgrades = 0;
    const { target, asked } = await relayBehind((socket) => {
      upgrades++;
      socket.destroy();
    });
    const giving = new AbortController();
    const dialed = net.dial(target, 'token', listener(), 'socket', giving.signal);
    giving.abort();
    expect(await dialed).toEqual({ ok: false, error: { kind: 'unreachable' } });
    // What would still come of it comes before the answer to this.
    await net.request(target, { method: 'GET', path: '/v1/relay' });
    expect([upgrades, asked]).toEqual([0, ['/v1/relay']]);
  });

  test('an upgrade that is swallowed can be given up, and nothing more is asked then', async () => {
    const sent = Promise.withResolvers<Duplex>();
    const { target, asked } = await relayBehind(sent.resolve);
    const giving = new AbortController();
    let reached = 0;
    const dialed = net.dial(target, 'token', { ...listener(), onReached: () => void reached++ }, 'socket', giving.signal);
    const socket = await sent.promise;
    const closed = new Promise((resolve) => socket.once('end', resolve).resume());
    giving.abort();
    expect(await dialed).toEqual({ ok: false, error: { kind: 'unreachable' } });
    await closed;
    expect([reached, asked]).toEqual([1, []]);
  });

  test('nobody there, or a name that means nothing, is unreachable', async () => {
    const port = await listen(createTcpServer());
    for (const end of ends.splice(0)) end();
    const gone = { ok: false, error: { kind: 'unreachable' } };
    expect(await net.dial(plain(port), 'token', listener())).toEqual(gone);
    expect(await net.request({ address: 'not an address', fingerprint: null }, { method: 'GET', path: '/' })).toEqual(gone);
    expect(await net.peek('[::')).toEqual(gone);
  });

  test('a line that is closed in the middle of the handshake is unreachable', async () => {
    const port = await listen(createTcpServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await net.dial(plain(port), 'token', listener())).toEqual({ ok: false, error: { kind: 'unreachable' } });
  });
});
