/**
 * A relay's door on real sockets of this machine: the core of `relay-kit` behind a plain HTTP server, and clients that speak to it as
 * `ws` does or byte by byte, as no honest client would.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { SessionId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { SOCKET_PATH, SUBPROTOCOL } from '../../protocol/version.ts';
import type { Principal } from '../../server/gateway/auth-port.ts';
import { Turnstile } from '../../server/gateway/turnstile.ts';
import { UnauthenticatedConnections } from '../../server/gateway/unauthenticated.ts';
import { attachUpgrades } from '../../server/gateway/upgrade.ts';
import { requestFault } from '../../server/http/guard.ts';
import { createRequestWait } from '../../server/http/request-gate.ts';
import { NetworkRates } from '../../server/limits/network-rates.ts';
import { RateLimiter } from '../../server/limits/rate-limiter.ts';
import { silentLog } from '../../server/observe/log.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createRelayKit, type Person, type RelayKit } from './relay-kit.ts';

export interface SocketKit {
  readonly relay: RelayKit;
  readonly server: Server;
  readonly port: number;
  readonly connections: UnauthenticatedConnections;
  /** A bearer token that the fake authentication takes for this member. */
  token(who: Person): Promise<string>;
  /** An open WebSocket that said hello and was caught up. */
  client(who: Person): Promise<SocketClient>;
  /** An open, raw, upgraded connection: what comes back after the handshake is in `received`. */
  raw(who: Person): Promise<RawClient>;
  /** Sends these bytes and resolves with everything that came back until the relay closed (or `ms` passed). */
  answer(bytes: string | Buffer, ms?: number): Promise<string>;
  /** Of all connections that are open. */
  bytesRead(): number;
  setDraining(isDraining: boolean): void;
  dispose(): Promise<void>;
}

export interface SocketClient {
  readonly ws: WebSocket;
  readonly frames: Record<string, unknown>[];
  /** Resolves when a frame of this kind has come. */
  heard(t: string, count?: number): Promise<Record<string, unknown>>;
  readonly closed: Promise<number>;
}

export interface RawClient {
  readonly socket: Socket;
  received: Buffer;
  /** Resolves with the close code the relay sent, or 1006 when it only hung up. */
  readonly closeCode: Promise<number>;
}

export async function createSocketKit(change: Partial<Limits> = {}): Promise<SocketKit> {
  const limits: Limits = { ...DEFAULT_LIMITS, ...change };
  const relay = await createRelayKit({ limits });
  const server = createServer({ maxHeaderSize: limits.headerBytes });
  let isDraining = false;
  const rates = new NetworkRates({ limiter: new RateLimiter({ clock: relay.clock }), limits });
  const trustedProxies = new Set<string>();
  const connections = new UnauthenticatedConnections({
    limits,
    rates,
    trustedProxies,
    onFull: () => void relay.core.counts.doorFull++,
  });
  const { sessionOf } = relay.auth;
  const upgrades = attachUpgrades({
    server,
    core: relay.core,
    auth: relay.auth,
    turnstile: new Turnstile({ clock: relay.clock, random: createSeededRandom('door'), limits }),
    limits,
    log: silentLog,
    connections,
    requestWait: createRequestWait({ rates, trustedProxies, sessionOf }),
    requestFault: (request) => requestFault(request, null),
    isDraining: () => isDraining,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });

  const kit: SocketKit = {
    relay,
    server,
    port,
    connections,
    async token(who) {
      const session = relay.id<SessionId>();
      const now = relay.clock.now();
      await relay.write((tx) =>
        tx.putSession({
          id: session,
          member: who.id,
          device: 'desk',
          createdAt: now,
          lastSeenAt: now,
          endedAt: null,
          refreshHash: session,
          rotation: 0,
          refreshExpiresAt: now + 1e9,
        }),
      );
      const principal: Principal = {
        member: who.id,
        session,
        accessExpiresAt: now + limits.accessTokenMs,
      };
      relay.auth.principals.set(`Bearer ${session}`, principal);
      return `Bearer ${session}`;
    },
    async client(who) {
      const authorization = await kit.token(who);
      const ws = new WebSocket(`ws://127.0.0.1:${port}${SOCKET_PATH}`, SUBPROTOCOL, {
        headers: { authorization },
        perMessageDeflate: false,
      });
      const client = listen(ws);
      await once(ws, 'open');
      ws.send(
        JSON.stringify({
          t: 'hello',
          versions: { min: 1, max: 1 },
          epoch: null,
          positions: {},
          focus: null,
          presence: 'here',
        }),
      );
      await client.heard('caught-up');
      return client;
    },
    async raw(who) {
      const socket = connect(port, '127.0.0.1');
      socket.write(handshake(port, { Authorization: await kit.token(who) }));
      return upgraded(socket);
    },
    async answer(bytes, ms = 5_000) {
      const socket = connect(port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (data: Buffer) => chunks.push(data));
      socket.on('error', () => undefined);
      const closed = once(socket, 'close');
      socket.write(bytes);
      const timer = setTimeout(() => socket.destroy(), ms);
      await closed;
      clearTimeout(timer);
      return Buffer.concat(chunks).toString('latin1');
    },
    bytesRead: () => [...open].reduce((sum, socket) => sum + socket.bytesRead, 0),
    setDraining(draining) {
      isDraining = draining;
    },
    async dispose() {
      upgrades.close();
      for (const socket of open) socket.destroy();
      server.close();
      await relay.dispose();
    },
  };
  return kit;
}

export const KEY = randomBytes(16).toString('base64');

/** The bytes of an upgrade request, with headers changed, added (a list: several times) or left out (null). */
export function handshake(
  port: number,
  change: Readonly<Record<string, string | readonly string[] | null>> = {},
  start = `GET ${SOCKET_PATH} HTTP/1.1`,
): string {
  const headers: Record<string, string | readonly string[] | null> = {
    Host: `127.0.0.1:${port}`,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': SUBPROTOCOL,
    ...change,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => {
    if (value === null) return [];
    return (typeof value === 'string' ? [value] : value).map((one) => `${name}: ${one}`);
  });
  return `${[start, ...lines].join('\r\n')}\r\n\r\n`;
}

export const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

export interface FrameShape {
  readonly opcode: number;
  readonly payload?: Buffer | string;
  readonly isFinal?: boolean;
  readonly isMasked?: boolean;
  readonly reserved?: number;
  /** What the header claims, where that is not the truth. */
  readonly claims?: bigint;
}

/** One frame of a client, honest or not. */
export function frame({
  opcode,
  payload = '',
  isFinal = true,
  isMasked = true,
  reserved = 0,
  claims,
}: FrameShape): Buffer {
  const data = Buffer.from(payload);
  const length = claims ?? BigInt(data.length);
  const mask = Buffer.from([1, 2, 3, 4]);
  const first = (isFinal ? 0x80 : 0) | reserved | opcode;
  const bit = isMasked ? 0x80 : 0;
  let head: Buffer;
  if (length < 126n) head = Buffer.from([first, bit | Number(length)]);
  else if (length < 65_536n) {
    head = Buffer.from([first, bit | 126, 0, 0]);
    head.writeUInt16BE(Number(length), 2);
  } else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = bit | 127;
    head.writeBigUInt64BE(length, 2);
  }
  if (!isMasked) return Buffer.concat([head, data]);
  return Buffer.concat([head, mask, Buffer.from(data.map((byte, i) => byte ^ (mask[i % 4] ?? 0)))]);
}

async function upgraded(socket: Socket): Promise<RawClient> {
  const client: RawClient = { socket, received: Buffer.alloc(0), closeCode: Promise.resolve(0) };
  socket.on('error', () => undefined);
  socket.on('data', (data: Buffer) => (client.received = Buffer.concat([client.received, data])));
  while (!client.received.includes('\r\n\r\n')) await once(socket, 'data');
  const end = client.received.indexOf('\r\n\r\n') + 4;
  const head = client.received.subarray(0, end).toString();
  if (!head.startsWith('HTTP/1.1 101')) throw new Error(head);
  client.received = client.received.subarray(end);
  return Object.assign(client, {
    closeCode: once(socket, 'close').then(() => closeCodeIn(client.received)),
  });
}

/** The code of the last close frame among server frames. */
function closeCodeIn(bytes: Buffer): number {
  let at = 0;
  while (at + 2 <= bytes.length) {
    const opcode = (bytes[at] ?? 0) & 0x0f;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const start = at + (short === 126 ? 4 : short === 127 ? 10 : 2);
    const length =
      short === 126
        ? bytes.readUInt16BE(at + 2)
        : short === 127
          ? Number(bytes.readBigUInt64BE(at + 2))
          : short;
    if (opcode === 8) return length >= 2 ? bytes.readUInt16BE(start) : 1005;
    at = start + length;
  }
  return 1006;
}

function listen(ws: WebSocket): SocketClient {
  const frames: Record<string, unknown>[] = [];
  const waiting: (() => void)[] = [];
  ws.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Record<string, unknown>);
    for (const check of waiting.splice(0)) check();
  });
  return {
    ws,
    frames,
    heard: (t, count = 1) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = frames.filter((one) => one['t'] === t);
          if (found.length >= count) resolve(found[count - 1] as Record<string, unknown>);
          else waiting.push(check);
        };
        check();
      }),
    closed: once(ws, 'close').then(([code]) => code as number),
  };
}
