import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inviteInfo, refreshed, relayInfo, signedIn } from '../../protocol/http.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createAuthKit, PASSWORD, type AuthKit } from '../../test/kit/auth-kit.ts';
import { createLog } from '../observe/log.ts';
import { StoreUnavailable } from '../ports/store.ts';
import { createHttpServer, type HttpServer, type HttpServerParts } from './http-server.ts';

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
  readonly text: string;
}

const { headerBytes, httpBodyBytes } = DEFAULT_LIMITS;
let kit: AuthKit;
let http: HttpServer;
let port: number;
let isDraining: boolean;
let isDegraded: boolean;
const lines: string[] = [];

async function start(change: Partial<HttpServerParts> = {}): Promise<void> {
  isDraining = false;
  isDegraded = false;
  const log = createLog({
    level: 'debug',
    node: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  const { accounts, sessions } = kit.auth;
  const isOff = (): boolean => isDraining;
  http = await createHttpServer({
    store: kit.store,
    accounts,
    sessions,
    log,
    limits: DEFAULT_LIMITS,
    tls: null,
    isKnownHost: null,
    trustedProxies: [],
    isDraining: isOff,
    isDegraded: () => isDegraded,
    ...change,
  });
  http.server.listen(0, '127.0.0.1');
  await once(http.server, 'listening');
  port = (http.server.address() as AddressInfo).port;
}

beforeEach(async () => {
  lines.length = 0;
  kit = createAuthKit();
  await start();
});
afterEach(async () => {
  await http.close();
  await kit.dispose();
});

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

async function ask(path: string, { method, headers = {}, body }: Ask = {}): Promise<Answered> {
  const payload =
    body === undefined
      ? undefined
      : Buffer.isBuffer(body)
        ? body
        : typeof body === 'string'
          ? body
          : JSON.stringify(body);
  const sent = request({
    port,
    host: '127.0.0.1',
    path,
    method: method ?? (payload === undefined ? 'GET' : 'POST'),
    headers: {
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    agent: false,
  });
  sent.end(payload);
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: parsed, text };
}

/** Bytes as they are, for what no client library would send. Answers with everything until the relay hangs up. */
async function raw(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(text, 'latin1');
  let answer = '';
  for await (const chunk of socket.setEncoding('latin1')) answer += chunk as string;
  return answer;
}

const SETUP = {
  team: 'Night shift',
  name: 'Ada Okafor',
  handle: 'ada',
  password: PASSWORD,
  device: 'desk',
};
const setUp = async () => {
  const { code } = await kit.auth.invites.createSetup();
  const answer = await ask('/v1/setup', { body: { code, ...SETUP } });
  return signedIn.parse(answer.body);
};

describe('a team begins', () => {
  test('with a setup code, and everybody who asks is told its name', async () => {
    expect(relayInfo.parse((await ask('/v1/relay')).body)).toEqual({
      product: 'landline',
      versions: { min: 1, max: 1 },
      team: null,
    });
    const ada = await setUp();
    expect(relayInfo.parse((await ask('/v1/relay')).body).team).toEqual({
      id: ada.team.id,
      name: 'Night shift',
    });
    expect(await ask('/v1/setup', { body: { code: 'x', ...SETUP } })).toMatchObject({
      status: 409,
      body: { refusal: { kind: 'setup-done' } },
    });
  });

  test('and grows by invites', async () => {
    const ada = await setUp();
    const { code } = await kit.auth.invites.create({
      role: 'member',
      days: 7,
      uses: 1,
      createdBy: ada.member.id,
    });
    expect(inviteInfo.parse((await ask('/v1/invite', { body: { code } })).body)).toMatchObject({
      role: 'member',
      invitedBy: 'Ada Okafor',
    });
    const lin = await ask('/v1/join', {
      body: { code, name: '林佳穎', handle: '林佳穎', password: PASSWORD, device: 'phone' },
    });
    expect(signedIn.parse(lin.body).member).toMatchObject({ handle: '林佳穎', role: 'member' });
    expect((await ask('/v1/invite', { body: { code } })).status).toBe(401);
  });

  test('and its people sign in, refresh, and sign out', async () => {
    await setUp();
    const inn = await ask('/v1/sign-in', {
      body: { handle: 'ada', password: PASSWORD, device: 'laptop' },
    });
    const { tokens, session } = signedIn.parse(inn.body);
    const again = refreshed.parse(
      (await ask('/v1/refresh', { body: { refresh: tokens.refresh } })).body,
    );
    expect(again.session).toBe(session);
    expect(await ask('/v1/sign-out', { body: { refresh: again.tokens.refresh } })).toMatchObject({
      status: 200,
      text: '{}',
    });
    expect(await ask('/v1/sign-out', { body: { refresh: again.tokens.refresh } })).toMatchObject({
      status: 200,
    });
    expect(await ask('/v1/refresh', { body: { refresh: again.tokens.refresh } })).toMatchObject({
      status: 401,
      body: { refusal: { kind: 'session-ended', retryable: false } },
    });
    expect((await kit.auth.sessions.admit(again.tokens.access)).ok).toBe(false);
  });
});

describe('a body is refused', () => {
  const good = { handle: 'ada', password: PASSWORD, device: 'laptop' };
  test.each<readonly [string, unknown, string | undefined]>([
    ['that is null', 'null', undefined],
    ['that is an array', '[]', undefined],
    ['that is a number', '1e400', undefined],
    ['with a field missing', { handle: 'ada', password: PASSWORD }, 'device'],
    ['with a field more', { ...good, role: 'owner' }, 'role'],
    [
      'with __proto__',
      `{"handle":"ada","password":"${PASSWORD}","device":"x","__proto__":{"admin":true}}`,
      '__proto__',
    ],
    ['with constructor', { ...good, constructor: { prototype: { admin: true } } }, 'constructor'],
    ['with a wrong type', { ...good, password: 12345678901 }, 'password'],
    ['with an empty password', { ...good, password: '' }, 'password'],
    [
      'with a password of a megabyte inside the limit of characters',
      { ...good, password: 'x'.repeat(1_025) },
      'password',
    ],
    ['with a device that reads backwards', { ...good, device: 'lap\u202etop' }, 'device'],
    ['with a NUL in the device', { ...good, device: 'lap\0top' }, 'device'],
    ['with a handle of 201 characters', { ...good, handle: 'a'.repeat(201) }, 'handle'],
  ])('%s', async (_what, body, field) => {
    const answer = await ask('/v1/sign-in', { body });
    expect(answer).toMatchObject({
      status: 400,
      body: { refusal: { kind: 'bad-request', retryable: false } },
    });
    expect((answer.body as { refusal: { field?: string } }).refusal.field).toBe(field);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each<readonly [string, string | Buffer, Record<string, string>, number]>([
    ['that is no JSON', '{"handle":', {}, 400],
    ['with bytes after it', '{} {}', {}, 400],
    ['that is empty', '', { 'content-length': '0' }, 400],
    ['of ten thousand brackets', '['.repeat(10_000), {}, 400],
    ['that is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), {}, 400],
    [
      'of httpBodyBytes, whose words are wrong',
      `{"handle":"${'a'.repeat(httpBodyBytes - 13)}"}`,
      {},
      400,
    ],
    [
      'of one byte more than httpBodyBytes',
      `{"handle":"${'a'.repeat(httpBodyBytes - 12)}"}`,
      {},
      413,
    ],
    [
      'of another content type',
      'handle=ada',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
    ],
    ['of plain text', '{}', { 'content-type': 'text/plain' }, 415],
  ])('%s', async (_what, body, headers, status) => {
    const answer = await ask('/v1/sign-in', { method: 'POST', body, headers });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ refusal: { retryable: false } });
  });

  test('chunked and without end in sight once it passes 64 KiB', async () => {
    const chunk = `${(4096).toString(16)}\r\n${'a'.repeat(4096)}\r\n`;
    const answer = await raw(
      `POST /v1/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('a request is refused', () => {
  test.each<readonly [string, string, number]>([
    ['with two Hosts', 'GET /v1/relay HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['with no Host', 'GET /v1/relay HTTP/1.1\r\n\r\n', 400],
    ['with an empty Host', 'GET /v1/relay HTTP/1.1\r\nHost:\r\n\r\n', 400],
    ['with a NUL in the Host', 'GET /v1/relay HTTP/1.1\r\nHost: a\0b\r\n\r\n', 400],
    ['with a path in the Host', 'GET /v1/relay HTTP/1.1\r\nHost: a/../b\r\n\r\n', 400],
    ['with somebody at the Host', 'GET /v1/relay HTTP/1.1\r\nHost: evil@relay\r\n\r\n', 400],
    ['with a port that is none', 'GET /v1/relay HTTP/1.1\r\nHost: relay:99999\r\n\r\n', 400],
    ['with a Host of 8 KiB', `GET /v1/relay HTTP/1.1\r\nHost: ${'a'.repeat(8192)}\r\n\r\n`, 400],
    [
      'with 2,000 headers',
      `GET /v1/relay HTTP/1.1\r\nHost: a\r\n${'a:b\r\n'.repeat(2_000)}\r\n`,
      431,
    ],
    [
      'with more headers than headerBytes',
      `GET /v1/relay HTTP/1.1\r\nHost: a\r\nx: ${'a'.repeat(headerBytes)}\r\n\r\n`,
      431,
    ],
    [
      'with both lengths',
      'POST /v1/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['that is no HTTP', 'hello\r\n\r\n', 400],
    [
      'of a TLS client on a plain port',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
      400,
    ],
    ['with a line feed in a header', 'GET /v1/relay HTTP/1.1\r\nHost: a\r\nx: a\nb\r\n\r\n', 400],
  ])('%s', async (_what, bytes, status) => {
    const answer = await raw(bytes.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await ask('/healthz')).status).toBe(200);
  });

  test.each([
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { origin: 'file://' },
    { origin: 'http://localhost:3000' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-origin' },
  ])('of a page in a browser: %o', async (headers) => {
    expect(await ask('/v1/relay', { headers })).toMatchObject({
      status: 403,
      body: { refusal: { kind: 'not-allowed' } },
    });
  });

  test('with a token in its query string, which then is in no log', async () => {
    const { tokens } = await setUp();
    expect((await ask(`/v1/relay?access=${tokens.access}`)).status).toBe(400);
    expect((await ask(`/v1/${tokens.refresh}`)).status).toBe(404);
    expect(lines.join('')).not.toContain(tokens.access);
    expect(lines.join('')).not.toContain(tokens.refresh);
  });

  test.each([
    '/',
    '/metrics',
    '/admin',
    '/v1',
    '/v1/relay/',
    '/V1/relay',
    '/v1/../v1/relay',
    '/%2e%2e/etc/passwd',
    '/v1/ws',
    '/favicon.ico',
  ])('for the unknown path %s', async (path) => {
    expect(await ask(path)).toMatchObject({
      status: 404,
      body: { refusal: { kind: 'not-found' } },
    });
  });

  test.each([
    ['GET', '/v1/sign-in', 'POST'],
    ['PUT', '/v1/sign-in', 'POST'],
    ['OPTIONS', '/v1/sign-in', 'POST'],
    ['POST', '/v1/relay', 'GET'],
    ['DELETE', '/healthz', 'GET'],
    ['HEAD', '/v1/relay', 'GET'],
  ])('by the method %s on %s', async (method, path, allow) => {
    const answer = await ask(path, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe(allow);
  });
});

describe('an answer', () => {
  test('tells nothing of what runs here, and nothing to caches and frames', async () => {
    for (const path of ['/v1/relay', '/nowhere', '/v1/sign-in']) {
      const { headers, text } = await ask(path);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('server');
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expect(text).not.toMatch(/fastify|node|\/work|at \w+ \(|route/i);
    }
  });

  test('to a bug is plain, and the log has the rest', async () => {
    const { accounts } = kit.auth;
    const broken = { ...accounts, signIn: () => Promise.reject(new Error('secret path /srv/x')) };
    await http.close();
    await start({ accounts: broken });
    const answer = await ask('/v1/sign-in', {
      body: { handle: 'ada', password: PASSWORD, device: 'x' },
    });
    expect(answer).toMatchObject({
      status: 500,
      body: { refusal: { kind: 'internal', retryable: true } },
    });
    expect(answer.text).not.toContain('secret path');
    expect(lines.join('')).toContain('http-failed');
    expect(lines.join('')).not.toContain(PASSWORD);
  });

  test('asks somebody who guesses to wait', async () => {
    await setUp();
    const guess = { handle: 'ada', password: 'not the password', device: 'x' };
    const statuses: number[] = [];
    for (let n = 0; n < 11; n++) statuses.push((await ask('/v1/sign-in', { body: guess })).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    const slowed = await ask('/v1/sign-in', { body: guess });
    expect(Number(slowed.headers['retry-after'])).toBeGreaterThan(0);
    expect(slowed.body).toMatchObject({ refusal: { kind: 'rate-limited', retryable: true } });
  });
});

describe('health', () => {
  test('says alive and ready, and not ready while draining', async () => {
    expect(await ask('/healthz')).toMatchObject({ status: 200, body: { isAlive: true } });
    expect(await ask('/readyz')).toMatchObject({ status: 200, body: { isReady: true } });
    isDraining = true;
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
    expect(await ask('/readyz')).toMatchObject({ status: 503, body: { isReady: false } });
    expect(
      await ask('/v1/sign-in', { body: { handle: 'a', password: 'b', device: 'c' } }),
    ).toMatchObject({
      status: 503,
      body: { refusal: { kind: 'unavailable', retryable: true } },
    });
  });

  test('says ready and degraded while other relays cannot be reached', async () => {
    expect((await ask('/readyz')).body).toEqual({ isReady: true });
    isDegraded = true;
    expect(await ask('/readyz')).toMatchObject({
      status: 200,
      body: { isReady: true, isDegraded: true },
    });
  });

  test('says not ready when the store does not answer, and questions are refused for now', async () => {
    const { store } = kit;
    const team = store.team.bind(store);
    Object.assign(store, { team: () => Promise.reject(new StoreUnavailable('no disk')) });
    expect((await ask('/readyz')).status).toBe(503);
    expect(await ask('/v1/relay')).toMatchObject({
      status: 503,
      body: { refusal: { kind: 'unavailable' } },
    });
    Object.assign(store, { team });
    expect((await ask('/readyz')).status).toBe(200);
  });
});

describe('a slow client', () => {
  beforeEach(async () => {
    await http.close();
    await start({ limits: { ...DEFAULT_LIMITS, headersMs: 150, requestMs: 300 } });
  });

  test.each([
    ['that never ends its headers', 'GET /v1/relay HTTP/1.1\r\nHost: a\r\nx: '],
    [
      'that never ends its body',
      'POST /v1/sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ],
    ['that says nothing', ''],
  ])('%s is hung up on', async (_what, bytes) => {
    expect(await raw(bytes)).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
  });
});

test('headers just within headerBytes are read', async () => {
  const head = 'GET /v1/relay HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx: ';
  expect(await raw(`${head}${'a'.repeat(headerBytes - head.length - 200)}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 200 /,
  );
});

test('closing waits for a request in the making, but not for ever', async () => {
  const slow = connect(port, '127.0.0.1');
  const silent = connect(port, '127.0.0.1');
  const ends = [slow, silent].map((socket) => {
    socket.on('error', () => undefined).resume();
    return once(socket, 'close');
  });
  slow.write(
    'POST /v1/sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
  );
  // An answer on another connection means that the two before it have arrived.
  await ask('/healthz');
  await http.close(50);
  await Promise.all(ends);
  expect(http.server.listening).toBe(false);
  await start();
});

describe('behind a proxy', () => {
  const addresses = (): readonly string[] =>
    lines
      .map((line) => JSON.parse(line) as { event: string; address?: string })
      .filter((line) => line.event === 'http')
      .map((line) => line.address ?? '');

  test('X-Forwarded-For of a stranger is not believed', async () => {
    await ask('/nowhere', { headers: { 'x-forwarded-for': '203.0.113.1' } });
    expect(addresses()).toEqual(['127.0.0.1']);
  });

  test('X-Forwarded-For of a trusted proxy counts by its last entry', async () => {
    await http.close();
    await start({ trustedProxies: ['127.0.0.1'] });
    await ask('/nowhere', { headers: { 'x-forwarded-for': '198.51.100.7, 203.0.113.1' } });
    await ask('/nowhere', { headers: { 'x-forwarded-for': 'nonsense' } });
    expect(addresses()).toEqual(['203.0.113.1', '127.0.0.1']);
  });
});
