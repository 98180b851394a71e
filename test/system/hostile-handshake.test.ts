/** Whoever knocks at the whole relay without meaning well: bytes on its TLS port, and what the honest notice of it. */
import { once } from 'node:events';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { createLineKit, gone, tell, type LineKit } from '../kit/line-kit.ts';
import { handshake } from '../kit/socket-kit.ts';

const statusOf = (answer: string): string => answer.slice(9, 12);
const INSIDE = /node|fastify|landline|error:|\.ts|sqlite/i;

describe('one request', () => {
  let kit: LineKit;
  beforeAll(async () => {
    kit = await createLineKit();
  });
  afterAll(() => kit.dispose());
  afterEach(async () => {
    // Alive, and nobody came in.
    expect((await kit.ask('/healthz')).status).toBe(200);
    expect(kit.relay.core.stats.connections).toBe(0);
    expect(kit.log.join('')).not.toMatch(/-failed|crashed/);
  });
  const upgrade = (change: Parameters<typeof handshake>[1] = {}, start?: string): string =>
    handshake(
      kit.relay.port,
      { Authorization: `Bearer ${kit.ada.tokens.access}`, ...change },
      start,
    );

  const cases: readonly (readonly [string, string, string, () => string])[] = [
    ['S1', 'from a page of the web', '403', () => upgrade({ Origin: 'https://evil.test' })],
    ['S2', 'from a page without an origin', '403', () => upgrade({ Origin: 'null' })],
    [
      'S2',
      'from a page of this machine',
      '403',
      () => upgrade({ Origin: 'http://localhost:3000' }),
    ],
    ['S4', 'with two Hosts', '400', () => upgrade({ Host: ['a.test', 'b.test'] })],
    ['S4', 'with a NUL in the Host', '400', () => upgrade({ Host: 'a\0b' })],
    ['S4', 'with a Host of 8 KiB', '400', () => upgrade({ Host: 'a'.repeat(8_192) })],
    ['S5', 'for another path', '404', () => upgrade({}, 'GET /v2/ws HTTP/1.1')],
    ['S6', 'by POST', '405', () => upgrade({}, 'POST /v1/ws HTTP/1.1')],
    ['S6', 'without a key', '400', () => upgrade({ 'Sec-WebSocket-Key': null })],
    [
      'S6',
      'with a key of 15 bytes',
      '400',
      () => upgrade({ 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') }),
    ],
    ['S6', 'of version 8', '426', () => upgrade({ 'Sec-WebSocket-Version': '8' })],
    ['S6', 'of version 14', '426', () => upgrade({ 'Sec-WebSocket-Version': '14' })],
    [
      'S7',
      'with 2,000 headers',
      '431',
      () => upgrade(Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`x${n}`, '1']))),
    ],
    [
      'S53',
      'with a token of 17 KiB',
      '431',
      () => upgrade({ Authorization: `Bearer ${'A'.repeat(17_408)}` }),
    ],
    [
      'S53',
      'with a token of 10 KiB',
      '401',
      () => upgrade({ Authorization: `Bearer ${'A'.repeat(10_240)}` }),
    ],
    [
      'S54',
      'with its token in the address',
      '400',
      () => upgrade({}, `GET /v1/ws?token=${kit.ada.tokens.access} HTTP/1.1`),
    ],
    [
      'S50',
      'with a refresh token',
      '401',
      () => upgrade({ Authorization: `Bearer ${kit.ada.tokens.refresh}` }),
    ],
  ];
  test.each(cases)('%s: %s is answered with %s', async (_id, _what, status, bytes) => {
    const answer = await kit.answer(bytes());
    expect(statusOf(answer)).toBe(status);
    expect(answer).not.toMatch(INSIDE);
    if (status === '426') expect(answer).toContain('Sec-WebSocket-Version: 13');
    expect(kit.log.join('')).not.toContain(kit.ada.tokens.access);
    expect(kit.log.join('')).not.toContain(kit.ada.tokens.refresh);
  });

  test('S53: a token of a megabyte is not even read to its end', async () => {
    // The relay hangs up with most of it unread; whether the 431 survives that is the network's choice.
    expect(['431', '']).toContain(
      statusOf(await kit.answer(upgrade({ Authorization: `Bearer ${'A'.repeat(1_000_000)}` }))),
    );
  });

  test('S8: names of protocols and extensions made to be slow are answered as fast as any', async () => {
    const evil = [
      'a '.repeat(7_000),
      ','.repeat(14_000),
      ' '.repeat(14_000),
      `${'a;b="'.repeat(2_800)}`,
      `"${'\\'.repeat(14_000)}`,
    ];
    for (const text of evil) {
      for (const name of ['Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions']) {
        const from = process.cpuUsage();
        const answer = await kit.answer(
          upgrade({ 'Sec-WebSocket-Protocol': 'none', [name]: `x${text}` }),
        );
        expect(statusOf(answer)).toBe('400');
        // The processor's time and not the wall's: the machine may be busy with something else. What grows with the square of 14 KiB takes seconds.
        const { user, system } = process.cpuUsage(from);
        expect((user + system) / 1_000).toBeLessThan(500);
      }
    }
  });

  test.each<readonly [string, string, number]>([
    ['/metrics', 'GET', 404],
    ['/admin', 'GET', 404],
    ['/', 'GET', 404],
    ['/healthz', 'GET', 200],
    ['/readyz', 'GET', 200],
  ])('S76: %s tells nobody what runs here', async (path, _method, status) => {
    const answer = await kit.answer(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(String(status));
    expect(answer).not.toMatch(/node|fastify|pino|version|\.ts|sqlite|\/tmp|at \w+ \(/i);
  });
});

describe('S14: a line without this century’s TLS', () => {
  let kit: LineKit;
  beforeAll(async () => {
    kit = await createLineKit();
  });
  afterAll(() => kit.dispose());

  test('plain HTTP and plain WebSocket get no answer of the relay', async () => {
    for (const bytes of [`GET /v1/relay HTTP/1.1\r\nHost: a\r\n\r\n`, handshake(kit.relay.port)]) {
      const answer = await tell(await kit.tcp(), bytes);
      expect(answer).not.toMatch(/landline|101/);
    }
  });

  test.each<readonly [string, ConnectionOptions]>([
    ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    [
      'CBC only',
      {
        maxVersion: 'TLSv1.2',
        ciphers: 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA@SECLEVEL=0',
      },
    ],
    ['no forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
  ])('%s is refused', async (_what, options) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: kit.relay.port,
      rejectUnauthorized: false,
      ...options,
    });
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/ALERT|HANDSHAKE|ECONNRESET|PROTOCOL/);
  });
});

describe('many that take their time', () => {
  const COUNT = 60;
  let kit: LineKit;
  beforeAll(async () => {
    kit = await createLineKit({
      headersMs: 1_000,
      requestMs: 2_000,
      helloMs: 1_000,
      socketsUnauthenticatedPerAddress: 200,
    });
  });
  afterAll(() => kit.dispose());

  /** Writes a byte of the text at a time until the relay hangs up. */
  async function drip(socket: Awaited<ReturnType<LineKit['tcp']>>, bytes: Buffer): Promise<number> {
    const began = performance.now();
    const closed = gone(socket);
    socket.resume();
    let at = 0;
    const timer = setInterval(() => {
      if (socket.writable) socket.write(bytes.subarray(at, ++at));
    }, 100);
    await closed;
    clearInterval(timer);
    return performance.now() - began;
  }
  const isServed = async (): Promise<void> => {
    const line = await kit.line(kit.ada);
    expect(
      await line.ask({ t: 'post', op: kit.op(), channel: kit.ada.team.id, text: 'meanwhile' }),
    ).toMatchObject({ t: 'ack' });
    line.ws.close();
  };

  test('S9: a byte of headers at a time ends with the time for headers, and the honest are served meanwhile', async () => {
    const head = Buffer.from(`GET /v1/ws HTTP/1.1\r\nHost: a\r\nx: ${'a'.repeat(1_000)}`);
    const slow = Array.from({ length: COUNT }, async () => drip(await kit.tls(), head));
    await isServed();
    // The time for headers, and Node's own look for what is over every second.
    expect(Math.max(...(await Promise.all(slow)))).toBeLessThan(6_000);
  });

  test('S10: a byte of a TLS greeting at a time ends with it as well', async () => {
    const hello = Buffer.concat([
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
      Buffer.alloc(501, 7),
    ]);
    const slow = Array.from({ length: COUNT }, async () => drip(await kit.tcp(), hello));
    await isServed();
    expect(Math.max(...(await Promise.all(slow)))).toBeLessThan(6_000);
  });

  test('S11: silence after the upgrade ends with the time for hello', async () => {
    const line = await kit.socket(kit.ada.tokens.access);
    expect(await line.closed).toBe(CLOSE.helloTimeout);
    expect(line.texts).toEqual([]);
  });
});

test('S19: of hundreds from one address that show no token a few may stand, and who is inside does not notice', async () => {
  // Those who stand may do so for as long as this takes.
  const kit = await createLineKit({ headersMs: 60_000, requestMs: 90_000 });
  try {
    const bo = await kit.person('bo');
    const inside = [await kit.line(kit.ada), await kit.line(bo)] as const;
    let isOver = false;
    let held = 0;
    let closed = 0;
    const crowd = Array.from({ length: 400 }, async () => {
      const socket = await kit.tcp().catch(() => undefined);
      if (!socket) return;
      held++;
      socket.on('close', () => {
        held--;
        if (!isOver) closed++;
      });
      socket.resume();
    });
    for (let n = 0; n < 20; n++) {
      expect(
        await inside[0].ask({ t: 'post', op: kit.op(), channel: kit.ada.team.id, text: `${n}` }),
      ).toMatchObject({ t: 'ack' });
    }
    await Promise.all(crowd);
    await expect.poll(() => held).toBeLessThanOrEqual(20);
    expect([held, closed]).toEqual([20, 380]);
    await inside[1].until((frame) => JSON.stringify(frame).includes('"text":"19"'));
    isOver = true;
  } finally {
    await kit.dispose();
  }
});
