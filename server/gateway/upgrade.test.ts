/** The door on real sockets: which upgrade requests become connections, and what the rest hears. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRefusal } from '../../protocol/http.ts';
import { StoreUnavailable } from '../ports/store.ts';
import { gone } from '../../test/kit/line-kit.ts';
import {
  acceptOf,
  createSocketKit,
  handshake,
  KEY,
  type SocketKit,
} from '../../test/kit/socket-kit.ts';

let kit: SocketKit;
beforeEach(async () => {
  kit = await createSocketKit();
});
afterEach(() => kit.dispose());
const statusOf = (answer: string): string => answer.slice(9, 12);
const bodyOf = (answer: string): string => answer.split('\r\n\r\n')[1] ?? '';

test('a good request is answered with 101, our protocol, the right accept, and nothing else negotiated', async () => {
  const authorization = await kit.token(kit.relay.owner);
  const extensions = 'permessage-deflate; client_max_window_bits';
  const socket = connect(kit.port, '127.0.0.1');
  socket.write(
    handshake(kit.port, { Authorization: authorization, 'Sec-WebSocket-Extensions': extensions }),
  );
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(data.toString().split('\r\n')).toEqual([
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(KEY)}`,
    'Sec-WebSocket-Protocol: landline.v1',
    '',
    '',
  ]);
});

describe('refused is', () => {
  const cases: readonly (readonly [string, string, Parameters<typeof handshake>[1], string?])[] = [
    ['a page from the web', '403', { Origin: 'https://evil.test' }],
    ['a page without an origin', '403', { Origin: 'null' }],
    ['a page from a file', '403', { Origin: 'file://' }],
    ['a page from this machine', '403', { Origin: 'http://localhost:3000' }],
    ['a request with two hosts', '400', { Host: ['a.test', 'b.test'] }],
    ['a request without a host', '400', { Host: null }],
    ['a host with spaces', '400', { Host: 'a b' }],
    ['a host of 8 KiB', '400', { Host: 'a'.repeat(8_192) }],
    ['another path', '404', {}, 'GET /v2/ws HTTP/1.1'],
    ['the path with a slash', '404', {}, 'GET /v1/ws/ HTTP/1.1'],
    ['the root', '404', {}, 'GET / HTTP/1.1'],
    ['a token in the query', '400', {}, 'GET /v1/ws?token=abc HTTP/1.1'],
    ['POST', '405', {}, 'POST /v1/ws HTTP/1.1'],
    ['no key', '400', { 'Sec-WebSocket-Key': null }],
    ['a key of 15 bytes', '400', { 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') }],
    ['version 8', '426', { 'Sec-WebSocket-Version': '8' }],
    ['version 14', '426', { 'Sec-WebSocket-Version': '14' }],
    ['another upgrade', '400', { Upgrade: 'h2c' }],
    ['no protocol', '400', { 'Sec-WebSocket-Protocol': null }],
    ['another protocol', '400', { 'Sec-WebSocket-Protocol': 'chat, landline.v2' }],
    ['no token', '401', {}],
    ['a wrong token', '401', { Authorization: 'Bearer nonsense' }],
    [
      'two thousand headers',
      '431',
      Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`x${i}`, '1'])),
    ],
  ];

  const named = cases.map(([what, status, change, start]) => ({ what, status, change, start }));
  test.each(named)('$what: $status', async ({ what, status, change, start }) => {
    const authorization = what.endsWith('token') ? null : await kit.token(kit.relay.owner);
    const answer = await kit.answer(
      handshake(
        kit.port,
        { ...(authorization === null ? {} : { Authorization: authorization }), ...change },
        start,
      ),
    );
    expect(statusOf(answer)).toBe(status);
    expect(answer).not.toMatch(/node|landline|error:|\.ts/i);
    // What a desktop knows the relay by. Node itself answers to headers of more than a request may have.
    expect(status === '431' || isRefusal(bodyOf(answer))).toBe(true);
    if (status === '426') expect(answer).toContain('Sec-WebSocket-Version: 13');
    if (status === '401') expect(answer).toContain('WWW-Authenticate: Bearer');
    expect(kit.relay.core.stats.connections).toBe(0);
  });

  test('a protocol list made to make parsers slow, at once', async () => {
    const authorization = await kit.token(kit.relay.owner);
    const from = process.cpuUsage();
    for (const evil of [' '.repeat(15_000), ','.repeat(15_000), 'a '.repeat(7_500)]) {
      const answer = await kit.answer(
        handshake(kit.port, { Authorization: authorization, 'Sec-WebSocket-Protocol': `x${evil}` }),
      );
      expect(statusOf(answer)).toBe('400');
    }
    // Quadratic work on 15 KiB takes seconds of the processor, whatever else the machine does.
    const { user, system } = process.cpuUsage(from);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });

  test('everything while the relay is going down, with a time to come back', async () => {
    kit.setDraining(true);
    const answer = await kit.answer(
      handshake(kit.port, { Authorization: await kit.token(kit.relay.owner) }),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*\r\n(.*\r\n)*Retry-After: \d/);
  });

  test('a good token while the store cannot answer, to come back', async () => {
    kit.relay.auth.verifyUpgrade = () => Promise.reject(new StoreUnavailable('gone'));
    expect(statusOf(await kit.answer(handshake(kit.port, { Authorization: 'Bearer x' })))).toBe(
      '503',
    );
  });
});

describe('when too many come at once', () => {
  beforeEach(async () => {
    await kit.dispose();
    kit = await createSocketKit({ acceptsPerSecond: 1, acceptsBurst: 2 });
  });

  test('the rest is told to come back later, before the token is looked at, and let in when it does', async () => {
    await kit.client(kit.relay.owner);
    await kit.client(kit.relay.owner);
    let looks = 0;
    const { verifyUpgrade } = kit.relay.auth;
    kit.relay.auth.verifyUpgrade = (request) => {
      looks++;
      return verifyUpgrade(request);
    };
    const authorization = await kit.token(kit.relay.owner);
    const answer = await kit.answer(handshake(kit.port, { Authorization: authorization }));
    expect(answer).toMatch(/^HTTP\/1\.1 429 .*\r\n(.*\r\n)*Retry-After: ([1-9]|1[01])\r\n/);
    expect(looks).toBe(0);
    expect(kit.relay.core.counts.sentAway).toBe(1);
    kit.relay.clock.advance(1_000);
    await kit.client(kit.relay.owner);
    expect(kit.relay.core.counts.accepts).toBe(3);
  });

  test('those without a good token keep nobody out', async () => {
    for (let stranger = 0; stranger < 5; stranger++) {
      expect(
        statusOf(await kit.answer(handshake(kit.port, { Authorization: 'Bearer nonsense' }))),
      ).toBe('401');
    }
    await kit.client(kit.relay.owner);
  });
});

test('only so many of one address may wait; members do not count and do not notice', async () => {
  await kit.dispose();
  kit = await createSocketKit({
    socketsUnauthenticatedPerAddress: 5,
    socketsUnauthenticatedKnown: 5,
  });
  const inside = [await kit.client(kit.relay.owner), await kit.client(kit.relay.owner)];
  expect(kit.connections.size).toBe(0);
  const sockets = Array.from({ length: 12 }, () =>
    connect(kit.port, '127.0.0.1').on('error', () => undefined),
  );
  await Promise.all(sockets.slice(0, 7).map(gone));
  expect(kit.connections.size).toBe(5);
  expect(sockets.slice(7).every((socket) => !socket.destroyed)).toBe(true);
  inside[0]?.ws.send(JSON.stringify({ t: 'get-team', req: 1 }));
  await inside[0]?.heard('team-state', 2);
  sockets[7]?.destroy();
  await expect.poll(() => kit.connections.size).toBe(4);
  await kit.client(kit.relay.owner);
  for (const socket of sockets) socket.destroy();
});
