/**
 * Strangers who hold connections to the whole relay, from many addresses of this machine, and
 * members who come back meanwhile.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { EVENTS_PATH, FRAMES_PATH, LINES_TYPE } from '../../protocol/doors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createMember, createTeamWithOwner } from '../../server/domain/members.ts';
import { startRelay, type Relay, type RelaySettings } from '../../server/relay.ts';
import { HELLO } from '../kit/door-client.ts';
import { gone } from '../kit/line-kit.ts';
import { answerTo } from '../kit/raw-http.ts';
import { handshake } from '../kit/socket-kit.ts';

/** What is slow may be so for as long as the test takes. */
const SLOW: Partial<Limits> = { headersMs: 60_000, requestMs: 90_000, messageMs: 60_000 };
const SLOW_HEAD = 'GET /v1/relay HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Filler: ';
/** The beginning of a TLS record that announces more. */
const SLOW_GREETING = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
const MEMBERS = 40;
const ALL_COME_BACK = Array<string>(MEMBERS).fill('101');
const { socketsUnauthenticated: PLACES } = DEFAULT_LIMITS;

let relay: Relay;
let isTls: boolean;
let access: readonly string[];
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A relay with forty members, each with a session, and no password among them. */
async function start(settings: Partial<RelaySettings>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'landline-strangers-'));
  ends.push(() => rmSync(data, { recursive: true }));
  relay = await startRelay({ data, ...settings });
  ends.push(() => relay.close());
  isTls = settings.tls !== 'off';
  const { store, auth } = relay;
  const rows = await store.write(async (tx) => {
    const ids = Array.from(
      { length: MEMBERS },
      (_, n) => `01990000-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as MemberId,
    );
    for (const [n, id] of ids.entries()) {
      const who = { id, handle: `m${n}`, name: `M ${n}` };
      const team = { id: store.teamId, name: 'Night shift' };
      if (n === 0)
        await createTeamWithOwner(tx, { team, owner: who, channelName: 'general', now: 1 });
      else await createMember(tx, { ...who, role: 'member' }, 1);
    }
    return Promise.all(ids.map((id) => auth.sessions.start(tx, id, 'desk')));
  });
  const made = await Promise.all(
    rows.map(({ row, refresh }) => auth.sessions.tokensFor(row, refresh)),
  );
  access = made.map((one) => one.access);
}

/** Resolves with the event's value, or with nothing when the relay hangs up. */
const first = (socket: Socket, event: 'connect' | 'data'): Promise<unknown> =>
  Promise.race([new Promise((resolve) => socket.once(event, resolve)), gone(socket)]);

function dial(localAddress: string, isEncrypted = isTls): Socket {
  const to = { host: '127.0.0.1', port: relay.port, localAddress };
  const socket = isEncrypted ? connectTls({ ...to, rejectUnauthorized: false }) : connectTcp(to);
  ends.push(() => socket.destroy());
  return socket.on('error', () => undefined);
}

/**
 * So many connections, each of which has sent these bytes and no TLS before.
 * @returns those that the relay has not closed, whenever asked
 */
async function crowd(
  count: number,
  addressOf: (n: number) => string,
  bytesOf: (n: number) => string | Buffer = () => (isTls ? SLOW_GREETING : SLOW_HEAD),
): Promise<() => number> {
  const sockets = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const socket = dial(addressOf(n), false).resume();
      await first(socket, 'connect');
      if (socket.writable) socket.write(bytesOf(n));
      return socket;
    }),
  );
  return () => sockets.filter(({ closed }) => !closed).length;
}

/** The status of the answer to an upgrade with a good token; empty where the relay hangs up. */
async function comeBack(
  member: number,
  from: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const socket = dial(from);
  const authorization = `Bearer ${access[member] ?? ''}`;
  socket.write(handshake(relay.port, { Authorization: authorization, ...headers }));
  const data = await first(socket, 'data');
  return data instanceof Buffer ? data.toString('latin1', 9, 12) : '';
}
const allComeBack = (
  addressOf: (n: number) => string,
  headersOf: (n: number) => Readonly<Record<string, string>> = () => ({}),
): Promise<readonly string[]> =>
  Promise.all(access.map((_, n) => comeBack(n, addressOf(n), headersOf(n))));

const SERVERS = [
  ['over TLS', 'own'],
  ['in plain HTTP', 'off'],
] as const;

describe.each(SERVERS)('%s', (_name, tls) => {
  test('25 addresses with slow beginnings hold all places; 40 of 40 members come back', async () => {
    await start({ tls, limits: SLOW });
    const held = await crowd(PLACES + 100, (n) => `127.0.1.${(n % 25) + 1}`);
    await expect.poll(held).toBe(PLACES);
    expect(await allComeBack((n) => `127.1.${n}.1`)).toEqual(ALL_COME_BACK);
  });

  test('a crowd in the address of the members themselves keeps none of 40 out', async () => {
    await start({ tls, limits: SLOW });
    const held = await crowd(100, () => '127.0.0.1');
    await expect.poll(held).toBe(DEFAULT_LIMITS.socketsUnauthenticatedPerAddress);
    const statuses: string[] = [];
    for (const member of access.keys()) statuses.push(await comeBack(member, '127.0.0.1'));
    expect(statuses).toEqual(ALL_COME_BACK);
  });

  test('a network that has shown a good token has places of its own beside 600 strangers', async () => {
    await start({ tls, limits: { ...SLOW, socketsUnauthenticated: 1 } });
    const home = (n: number): string => `127.1.${n}.1`;
    for (const member of access.keys()) await comeBack(member, home(member));
    // One place for all strangers: the last of them has it. Members are not among them any more.
    const comingBack = allComeBack(home);
    const strangers = crowd(600, (n) => `127.${2 + (n >> 8)}.${n & 255}.1`);
    expect(await comingBack).toEqual(ALL_COME_BACK);
    await strangers;
  });
});

describe('behind a trusted proxy, whose address everybody has', () => {
  const proxied = (n: number): Readonly<Record<string, string>> => ({
    'X-Forwarded-For': `198.51.100.${n}`,
  });

  test('slow heads hold all places, and 40 of 40 members come back', async () => {
    await start({ tls: 'off', trustedProxies: ['127.0.0.1'], limits: SLOW });
    const held = await crowd(PLACES + 100, () => '127.0.0.1');
    await expect.poll(held).toBe(PLACES);
    expect(await allComeBack(() => '127.0.0.1', proxied)).toEqual(ALL_COME_BACK);
  });

  test('slow bodies of 25 clients are counted by client; 40 of 40 members come back', async () => {
    await start({ tls: 'off', trustedProxies: ['127.0.0.1'], limits: SLOW });
    const slowBody = (client: string): string =>
      [
        'POST /v1/sign-in HTTP/1.1',
        'Host: 127.0.0.1',
        `X-Forwarded-For: ${client}`,
        'Content-Type: application/json',
        'Content-Length: 100',
        '',
        '{',
      ].join('\r\n');
    const one = await crowd(
      100,
      () => '127.0.0.1',
      () => slowBody('203.0.113.99'),
    );
    await expect.poll(one).toBe(DEFAULT_LIMITS.socketsUnauthenticatedPerAddress);
    await crowd(
      PLACES,
      () => '127.0.0.1',
      (n) => slowBody(`203.0.113.${n % 25}`),
    );
    expect(await allComeBack(() => '127.0.0.1', proxied)).toEqual(ALL_COME_BACK);
  });

  test('a stranger who uses a connection after a member is counted again', async () => {
    await start({
      tls: 'off',
      trustedProxies: ['127.0.0.1'],
      limits: { ...SLOW, socketsUnauthenticated: 1 },
    });
    const shared = dial('127.0.0.1');
    const body = 'Content-Length: 0\r\n\r\n';
    shared.write(
      `POST ${FRAMES_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${LINES_TYPE}\r\n` +
        `Authorization: Bearer ${access[0] ?? ''}\r\nX-Forwarded-For: 198.51.100.1\r\n${body}`,
    );
    expect(String(await first(shared, 'data')).slice(9, 12)).toBe('200');
    const waitsFor = gone(shared);
    shared.write(
      'POST /v1/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 203.0.113.1\r\n' +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    // The only place is the shared connection's; the next stranger takes it.
    await expect
      .poll(async () => {
        await crowd(1, () => '127.0.0.1');
        return shared.closed;
      })
      .toBe(true);
    await waitsFor;
  });
});

describe('a flood of requests', () => {
  const LIMITS = { requestsPerSecond: 0.001, requestsBurst: 5 };
  const ask = async (
    head: string,
    { body = '', headers = [] as readonly string[] } = {},
  ): Promise<string> => {
    const lines = [
      ...headers,
      'Host: 127.0.0.1',
      'Connection: close',
      `Content-Length: ${body.length}`,
    ];
    const bytes = [`${head} HTTP/1.1`, ...lines, '', body].join('\r\n');
    return (await answerTo(dial('127.0.0.1'), bytes)).slice(9, 12);
  };

  test('gets 429 in place of answers, and members of the same address notice nothing', async () => {
    await start({ tls: 'off', limits: LIMITS });
    const statuses: string[] = [];
    for (let n = 0; n < 7; n++) statuses.push(await ask('GET /v1/relay'));
    expect(statuses).toEqual(['200', '200', '200', '200', '200', '429', '429']);
    // Strangers are refused whatever they ask for, an upgrade too.
    expect(await ask('POST /v1/sign-in', { headers: ['Content-Type: application/json'] })).toBe(
      '429',
    );
    const knock = handshake(relay.port, { Authorization: 'Bearer nonsense' });
    const refused = await answerTo(dial('127.0.0.1'), knock);
    expect(refused).toMatch(/^HTTP\/1.1 429 [^]*\r\nRetry-After: [1-9]\d*\r\n[^]*"rate-limited"/);
    expect(relay.core.counts.requestsLimited).toBe(4);
    // A socket, a request with frames and a poll of a member are answered; so are checks that the
    // relay is well.
    expect(await comeBack(0, '127.0.0.1')).toBe('101');
    const headers = [`Authorization: Bearer ${access[1] ?? ''}`];
    const lines = [...headers, `Content-Type: ${LINES_TYPE}`];
    expect(await ask(`POST ${FRAMES_PATH}`, { headers: lines })).toBe('200');
    const body = JSON.stringify({ hello: HELLO, isGoingOn: false, waitMs: 0, seenPresence: null });
    const json = [...headers, 'Content-Type: application/json'];
    expect(await ask(`POST ${EVENTS_PATH}`, { body, headers: json })).toBe('200');
    expect([await ask('GET /healthz'), await ask('GET /readyz')]).toEqual(['200', '200']);
  });

  test('through a trusted proxy is refused by client', async () => {
    await start({ tls: 'off', trustedProxies: ['127.0.0.1'], limits: LIMITS });
    const from = (client: string): readonly string[] => [`X-Forwarded-For: ${client}`];
    const statuses: string[] = [];
    for (let n = 0; n < 6; n++)
      statuses.push(await ask('GET /v1/relay', { headers: from('203.0.113.1') }));
    expect(statuses.at(-1)).toBe('429');
    expect(await ask('GET /v1/relay', { headers: from('203.0.114.1') })).toBe('200');
    for (let n = 0; n < 10; n++) expect(await ask('GET /readyz')).toBe('200');
  });
});

test('a body of frames has messageMs for each frame, any other body in all', async () => {
  await start({ tls: 'off', limits: { messageMs: 300 } });
  const ping = `${JSON.stringify({ t: 'get-team', req: 1 })}\n`;
  const post = (path: string, type: string, length: number): string =>
    [
      `POST ${path} HTTP/1.1`,
      'Host: 127.0.0.1',
      'Connection: close',
      `Authorization: Bearer ${access[0] ?? ''}`,
      `Content-Type: ${type}`,
      `Content-Length: ${length}`,
      '',
      '',
    ].join('\r\n');
  /** Writes the beginning and then the same again and again. @returns the status of the answer */
  const drip = async (beginning: string, more: string): Promise<string> => {
    const socket = dial('127.0.0.1');
    const timer = setInterval(() => socket.writable && socket.write(more), 100);
    const answer = await answerTo(socket, beginning);
    clearInterval(timer);
    return answer.slice(9, 12);
  };
  const whole = ping.repeat(6);
  expect(await drip(post(FRAMES_PATH, LINES_TYPE, whole.length), ping)).toBe('200');
  expect(await drip(post(FRAMES_PATH, LINES_TYPE, whole.length), 'x')).toBe('408');
  expect(await drip(post('/v1/sign-in', 'application/json', 1_000), '\n')).toBe('408');
  expect(await drip(post('/v1/nowhere', 'text/plain', 1_000), 'x')).toMatch(/^4/);
});
