/** The way to relays over real sockets on this computer: who is at the other end is proved before anything is said. */
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { loadTls, type RelayTls } from '../../../server/lan/tls.ts';
import { answering, listener } from '../../../test/kit/far-end.ts';
import { useServers } from '../../../test/kit/use-servers.ts';
import { systemClock, systemRandom } from '../../../server/adapters/system-clock.ts';
import type { Handshake } from '../../bridge/line.ts';
import type { RelayTarget, Traffic } from '../ports.ts';
import { createRelayNet } from './relay-socket.ts';

const net = createRelayNet({ clock: systemClock });
const servers = useServers();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-tls-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const key = (name: string): RelayTls =>
  loadTls({
    folder: mkdtempSync(join(folder, `${name}-`)),
    hosts: ['127.0.0.1'],
    clock: systemClock,
    random: systemRandom,
  });

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
    void heard.push(
      `${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim(),
    );
  const server = createHttpsServer(tls.options, (request, response) => {
    tell(request);
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ path: request.url, body: body === '' ? null : JSON.parse(body) }),
      );
    });
  });
  const upgrades = new WebSocketServer({ noServer: true, handleProtocols: () => 'landline.v1' });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    tell(request);
    upgrades.handleUpgrade(request, socket, head, (ws) => sockets.push(ws));
  });
  const port = await servers.listen(server);
  return {
    target: { address: `127.0.0.1:${port}`, fingerprint: tls.fingerprint },
    heard,
    sockets,
    port,
    server,
  };
}

test('what a connection carries is counted with all that TLS adds, also after its end', async () => {
  const relay = await relayWith(key('own'));
  const seen: Traffic[] = [];
  const dialed = await net.dial(relay.target, 'token-1', {
    ...listener(),
    onTraffic: (traffic) => seen.push(traffic),
  });
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
    await net.dial(target, 'token-1', {
      ...listener(),
      onHandshake: (handshake) => (seen = handshake),
    });
    return seen;
  };

  test('is told with the real lines, the token struck out, and the answer to the key checked', async () => {
    const relay = await relayWith(key('own'));
    const seen = await handshakeOf(relay.target);
    expect(seen?.request[0]).toBe('GET /v1/ws HTTP/1.1');
    expect(seen?.request).toEqual(
      expect.arrayContaining(['Upgrade: websocket', 'authorization: Bearer •••']),
    );
    expect(seen?.response).toEqual(
      expect.arrayContaining([
        'HTTP/1.1 101 Switching Protocols',
        expect.stringMatching(/^Sec-WebSocket-Accept: .{28}$/),
      ]),
    );
    expect([seen?.isAccepted, JSON.stringify(seen).includes('token-1')]).toEqual([true, false]);
  });

  test('is told where it was refused, or answered by who did not read it', async () => {
    const plain = async (bytes: string): Promise<RelayTarget> => ({
      address: `127.0.0.1:${await answering(servers, bytes)}`,
      fingerprint: null,
      isPlain: true,
    });
    const refused = await handshakeOf(
      await plain('HTTP/1.1 503 Busy\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n'),
    );
    expect([refused?.response, refused?.isAccepted]).toEqual([
      ['HTTP/1.1 503 Busy', 'Set-Cookie: •••', 'Content-Length: 0'],
      false,
    ]);
    const switching =
      'HTTP/1.1 101 Sure\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: guessed\r\n\r\n';
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
    const heard = new Promise((resolve) =>
      socket?.once('message', (data: Buffer) => resolve(data.toString('utf8'))),
    );
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
    const answer = await net.request(relay.target, {
      method: 'POST',
      path: '/v1/sign-in',
      body: { handle: 'ada' },
    });
    expect(answer).toEqual({
      ok: true,
      value: { status: 200, body: { path: '/v1/sign-in', body: { handle: 'ada' } } },
    });
  });

  test('hears nothing at all when it shows another key', async () => {
    const relay = await relayWith(key('other'));
    const expected = 'ab'.repeat(32);
    const target = { ...relay.target, fingerprint: expected };
    const fault = {
      ok: false,
      error: { kind: 'key-mismatch', expected, seen: relay.target.fingerprint },
    };
    expect(await net.dial(target, 'token-1', listener())).toEqual(fault);
    expect(
      await net.request(target, {
        method: 'POST',
        path: '/v1/refresh',
        body: { refresh: 'secret' },
      }),
    ).toEqual(fault);
    expect(relay.heard).toEqual([]);
  });

  test.each(['stream', 'long-poll', 'poll'] as const)(
    'hears nothing at the door %s either when it shows another key',
    async (door) => {
      const relay = await relayWith(key('own'));
      const other = { ...relay.target, fingerprint: 'ab'.repeat(32) };
      expect(await net.dial(other, 'token-1', listener(), door)).toMatchObject({
        ok: false,
        error: { kind: 'key-mismatch' },
      });
      expect(relay.heard).toEqual([]);
    },
  );

  test('is looked at anew on every connection: a key that changes in between is met', async () => {
    const first = await relayWith(key('own'));
    const pin = first.target;
    expect((await net.request(pin, { method: 'GET', path: '/v1/relay' })).ok).toBe(true);
    const other = key('impostor');
    // The same address, the same ticket keys for session resumption: only the key is another.
    const tickets = first.server.getTicketKeys();
    servers.closeAll();
    const heard: string[] = [];
    const server = createHttpsServer(
      { ...other.options, ticketKeys: tickets },
      (request, response) => {
        heard.push(request.url ?? '');
        response.end('{}');
      },
    );
    await servers.listen(server, first.port);
    expect(await net.request(pin, { method: 'GET', path: '/v1/relay' })).toMatchObject({
      ok: false,
      error: { kind: 'key-mismatch', seen: other.fingerprint },
    });
    expect(heard).toEqual([]);
  });

  test('shows its fingerprint without being told anything', async () => {
    const relay = await relayWith(key('own'));
    expect(await net.peek(relay.target.address)).toEqual({
      ok: true,
      value: { fingerprint: relay.target.fingerprint },
    });
    expect(relay.heard).toEqual([]);
  });
});

describe('a relay without a pin', () => {
  test.each(['0', '1'])(
    'needs a certificate this computer trusts, whatever NODE_TLS_REJECT_UNAUTHORIZED=%s says',
    async (value) => {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', value);
      const relay = await relayWith(key('own'));
      const target = { ...relay.target, fingerprint: null };
      expect(await net.dial(target, 'token-1', listener())).toMatchObject({
        ok: false,
        error: { kind: 'key-mismatch' },
      });
      expect(relay.heard).toEqual([]);
    },
  );

  test('in the clear is met on this computer only', async () => {
    const port = await servers.listen(
      createHttpServer((_request, response) => response.end('{"here":true}')),
    );
    const request = { method: 'GET', path: '/' } as const;
    expect(
      await net.request(
        { address: `127.0.0.1:${port}`, fingerprint: null, isPlain: true },
        request,
      ),
    ).toMatchObject({
      value: { body: { here: true } },
    });
    for (const address of [
      '192.0.2.1:1',
      'relay.example:1',
      '127.0.0.1.evil.example:1',
      '10.0.0.1',
    ]) {
      expect(await net.request({ address, fingerprint: null, isPlain: true }, request)).toEqual({
        ok: false,
        error: { kind: 'not-a-relay' },
      });
    }
  });

  test('no proxy of the environment is asked', async () => {
    const proxied: string[] = [];
    const proxy = await servers.listen(
      createHttpServer((request) => proxied.push(request.url ?? '')).on('connect', (request) =>
        proxied.push(request.url ?? ''),
      ),
    );
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY'])
      vi.stubEnv(name, `http://127.0.0.1:${proxy}`);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const relay = await relayWith(key('own'));
    expect((await net.request(relay.target, { method: 'GET', path: '/v1/relay' })).ok).toBe(true);
    expect(proxied).toEqual([]);
  });
});
