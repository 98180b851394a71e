/**
 * Before the router, on real sockets: one request at a time, no work for answers that are not read,
 * a rate for each network.
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { isRefusal } from '../../protocol/http.ts';
import type { SessionId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { gone } from '../../test/kit/line-kit.ts';
import { get, statusesIn } from '../../test/kit/raw-http.ts';
import { NetworkRates } from '../limits/network-rates.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import { createRequestWait, RequestGate } from './request-gate.ts';

const clock = createFakeClock();
let server: Server | undefined;
let port: number;
let gate: RequestGate;
let limited: number;
/** Requests that Node made objects for. */
let came: number;
const open = new Set<Socket>();
afterEach(() => {
  for (const socket of open) socket.destroy();
  open.clear();
  server?.close();
});

interface Begun {
  readonly limits?: Partial<Limits>;
  readonly trustedProxies?: readonly string[];
}

async function start(handler: RequestListener, more: Begun = {}): Promise<void> {
  const limits = { ...DEFAULT_LIMITS, ...more.limits };
  const trustedProxies = new Set(more.trustedProxies);
  const rates = new NetworkRates({ limiter: new RateLimiter({ clock }), limits });
  limited = 0;
  gate = new RequestGate({
    limits,
    trustedProxies,
    rate: {
      waitOf: createRequestWait({
        rates,
        trustedProxies,
        sessionOf: ({ headers }) => headers.authorization as SessionId | undefined,
      }),
      clock,
      onLimited: () => void limited++,
    },
    onLate: (socket) => void socket.end('late'),
  });
  came = 0;
  const before = gate.before(handler);
  server = createServer((request, response) => {
    came++;
    before(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
}

/** A connection, and all that came back on it so far. */
function dial(localAddress = '127.0.0.1'): {
  readonly socket: Socket;
  readonly text: () => string;
} {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  open.add(socket);
  let text = '';
  socket.on('error', () => undefined).on('data', (data: Buffer) => (text += data.toString()));
  return { socket, text: () => text };
}
async function ask(path: string, headers: readonly string[] = [], from?: string): Promise<string> {
  const { socket, text } = dial(from);
  socket.write(get(path, 'Connection: close', ...headers));
  await gone(socket);
  return text();
}
const statusOf = (answer: string): string => answer.slice(9, 12);
const statuses = async (count: number, from?: string): Promise<readonly string[]> => {
  const all: string[] = [];
  for (let n = 0; n < count; n++) all.push(statusOf(await ask('/v1/relay', [], from)));
  return all;
};

describe('a connection', () => {
  test('has one request at a time: the next waits until the one before is answered', async () => {
    const handled: string[] = [];
    const answers: (() => void)[] = [];
    await start(({ url = '' }, response) => {
      handled.push(url);
      answers.push(() => response.end(url));
    });
    const { socket, text } = dial();
    socket.write(['/1', '/2', '/3'].map((path) => get(path)).join(''));
    for (const [n, path] of ['/1', '/2', '/3'].entries()) {
      await expect.poll(() => handled.at(-1)).toBe(path);
      expect(handled).toHaveLength(n + 1);
      answers[n]?.();
      await expect.poll(() => text().endsWith(path)).toBe(true);
    }
  });

  test('with more than requestsWaiting sent ahead is ended, and none is handled', async () => {
    let handled = 0;
    await start(() => void handled++);
    const { socket } = dial();
    socket.write(get('/').repeat(DEFAULT_LIMITS.requestsWaiting + 1));
    await expect.poll(() => handled).toBe(1);
    expect(socket.destroyed).toBe(false);
    socket.write(get('/').repeat(2_000));
    await gone(socket);
    expect([handled, came]).toEqual([1, DEFAULT_LIMITS.requestsWaiting + 2]);
  });

  test('that an answer ends has nothing behind it handled', async () => {
    let handled = 0;
    await start((_request, response) => {
      handled++;
      response.writeHead(200, { connection: 'close' }).end('the last');
    });
    const { socket, text } = dial();
    socket.write(get('/').repeat(3));
    await gone(socket);
    expect([handled, statusesIn(text())]).toEqual([1, ['200']]);
  });

  test('whose answer waits to be read gets no work done for the next request', async () => {
    let handled = 0;
    const body = Buffer.alloc(16 * 1024 * 1024);
    await start((_request, response) => {
      handled++;
      response.end(body);
    });
    const { socket } = dial();
    socket.pause();
    socket.write(get('/').repeat(3));
    await expect.poll(() => handled).toBe(1);
    // Another connection's answer means that the relay has had every chance to go on with this one.
    await ask('/');
    expect(handled).toBe(2);
    socket.resume();
    await expect.poll(() => handled).toBe(4);
  });

  test('whose answer is not read for outboundStallMs is ended', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024);
    await start((_request, response) => void response.end(body), {
      limits: { outboundStallMs: 200 },
    });
    const closed = once(server as Server, 'connection').then(([socket]) => gone(socket as Socket));
    const { socket } = dial();
    socket.pause();
    socket.write(get('/'));
    await closed;
  });
});

describe('a body', () => {
  const post = (bytes: number): string =>
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`;
  const read: RequestListener = (request, response) => {
    request.on('data', (data: Buffer) => {
      if (data.includes('\n')) gate.messageCame(request);
    });
    request.on('end', () => response.end('read'));
  };

  test('that is not complete after messageMs ends its connection, though bytes keep coming', async () => {
    await start(read, { limits: { messageMs: 150 } });
    const { socket, text } = dial();
    socket.write(post(1_000));
    const drip = setInterval(() => socket.write('x'), 20);
    await gone(socket);
    clearInterval(drip);
    expect(text()).toBe('late');
  });

  test('that nothing reads ends its connection as well', async () => {
    await start((_request, response) => void response.writeHead(404).end(), {
      limits: { messageMs: 150 },
    });
    const { socket, text } = dial();
    socket.write(post(1_000));
    await gone(socket);
    expect(text()).toMatch(/^HTTP\/1.1 404 [^]*late$/);
  });

  test('of several messages has messageMs for each', async () => {
    await start(read, { limits: { messageMs: 250 } });
    const { socket, text } = dial();
    socket.write(post(5));
    const drip = setInterval(() => socket.write('\n'), 100);
    await expect.poll(() => text()).toMatch(/read$/);
    clearInterval(drip);
  });
});

describe('a network', () => {
  const LIMITS = { requestsPerSecond: 1, requestsBurst: 3, wideNetworkFactor: 2 };
  const answer: RequestListener = (_request, response) => void response.end('answered');

  test('gets requestsBurst answers at once, then requestsPerSecond; beyond, 429', async () => {
    await start(answer, { limits: LIMITS });
    expect(await statuses(4)).toEqual(['200', '200', '200', '429']);
    const refused = await ask('/v1/relay');
    expect(refused).toMatch(/\r\nretry-after: 1\r\n/i);
    expect(isRefusal(refused.split('\r\n\r\n')[1] ?? '')).toBe(true);
    expect(JSON.parse(refused.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      refusal: { kind: 'rate-limited', retryable: true, retryAfterMs: 1_000 },
    });
    expect(limited).toBe(2);
    clock.advance(1_000);
    expect(await statuses(2)).toEqual(['200', '429']);
  });

  test('has its own allowance; the /24 around it has wideNetworkFactor times as much', async () => {
    await start(answer, { limits: LIMITS });
    await statuses(4, '127.0.1.1');
    expect(await statuses(1, '127.0.2.1')).toEqual(['200']);
    expect(await statuses(3, '127.0.1.2')).toEqual(['200', '200', '200']);
    expect(await statuses(1, '127.0.1.3')).toEqual(['429']);
  });

  test('has no part in requests with a good token: sessions have twice framesBurst', async () => {
    await start(answer, { limits: { ...LIMITS, framesPerSecond: 1, framesBurst: 2 } });
    await statuses(4);
    const of = (session: string) => async (): Promise<string> =>
      statusOf(await ask('/v1/frames', [`Authorization: ${session}`]));
    const [one, two] = [of('one'), of('two')];
    const got: string[] = [];
    for (const next of [one, one, one, one, one, two]) got.push(await next());
    expect(got).toEqual(['200', '200', '200', '200', '429', '200']);
  });

  test('is answered whether the relay is well beyond its rate, and nothing else', async () => {
    await start(answer, { limits: LIMITS });
    await statuses(4);
    for (const path of ['/healthz', '/readyz', '/healthz/', '/v1/relay'])
      expect([path, statusOf(await ask(path))]).toEqual([path, path.endsWith('z') ? '200' : '429']);
  });

  test('that was refused has to wait on that connection, and not on another', async () => {
    await start(answer, { limits: LIMITS });
    await statuses(3);
    const { socket, text } = dial();
    socket.write(get('/v1/relay'));
    await expect.poll(() => statusesIn(text())).toEqual(['429']);
    clock.advance(999);
    socket.write(get('/v1/relay'));
    expect(await statuses(1, '127.0.2.1')).toEqual(['200']);
    expect(statusesIn(text())).toEqual(['429']);
    clock.advance(1);
    await expect.poll(() => statusesIn(text())).toEqual(['429', '200']);
  });
});

describe('behind a trusted proxy', () => {
  const LIMITS = { requestsPerSecond: 1, requestsBurst: 1 };
  const answer: RequestListener = (_request, response) => void response.end('answered');
  const of = (client: string): readonly string[] => [`X-Forwarded-For: ${client}`];

  test('each client has its own allowance, and the proxy itself has no bound', async () => {
    await start(answer, { limits: LIMITS, trustedProxies: ['127.0.0.1'] });
    const asked = ['198.51.100.1', '198.51.100.1', '2001:db8:1:2::1', '2001:db8:1:2::ffff'];
    const got: string[] = [];
    for (const client of asked) got.push(statusOf(await ask('/healthz', of(client))));
    expect(got).toEqual(['200', '429', '200', '429']);
    for (let n = 0; n < 5; n++) expect(statusOf(await ask('/readyz'))).toBe('200');
  });

  test('a refused client does not make others wait on the connection they share', async () => {
    await start(answer, { limits: LIMITS, trustedProxies: ['127.0.0.1'] });
    const { socket, text } = dial();
    const clients = ['198.51.100.1', '198.51.100.1', '203.0.113.1'];
    socket.write(clients.map((client) => get('/v1/relay', ...of(client))).join(''));
    await expect.poll(() => statusesIn(text())).toEqual(['200', '429', '200']);
  });
});
