/** The end of a stream, over a real response and on a clock that stands still. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../test/kit/fake-clock.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { StreamWire } from './stream-wire.ts';

let clock: FakeClock;
let client: Socket;
let response: ServerResponse;
let wire: StreamWire;
const server = createServer({ noDelay: true });
beforeEach(async () => {
  clock = createFakeClock(0);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  wire = new StreamWire(response, clock, () => undefined);
});
afterEach(async () => {
  client.destroy();
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

test('a goodbye that is taken ends it, and nothing waits for more', async () => {
  let heard = '';
  client.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  const closed = once(response, 'close');
  wire.close(CLOSE.sessionEnded);
  await closed;
  await once(client, 'close');
  expect(heard).toContain('data: {"t":"closed","code":4501}');
  expect(clock.pending).toBe(0);
});

test('a goodbye that is not taken has two seconds', () => {
  // What was said before does not leave, and so neither does this.
  client.pause();
  response.write('x'.repeat(16 * 1024 * 1024));
  wire.close(CLOSE.restart);
  clock.advance(1_999);
  expect(response.destroyed).toBe(false);
  clock.advance(1);
  expect(response.destroyed).toBe(true);
});

test('who is too slow is told nothing', () => {
  wire.close(CLOSE.slow);
  expect([response.destroyed, clock.pending]).toEqual([true, 0]);
});
