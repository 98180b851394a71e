import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { RawSocket } from './raw-socket.ts';

let server: WebSocketServer | undefined;
const sockets: RawSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise<void>((resolve) =>
    server === undefined ? resolve() : server.close(() => resolve()),
  );
});

/** What came, until the server closes. */
function talk(
  onConnection: (server: WebSocketServer) => void,
  say: readonly string[] = [],
): Promise<{ texts: string[]; why: string }> {
  return new Promise((resolve) => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
      const texts: string[] = [];
      const socket: RawSocket = new RawSocket({
        port: (server?.address() as AddressInfo).port,
        isTls: false,
        path: '/',
        headers: ['X-Seat: 1'],
        onOpen: () => say.forEach((text) => socket.sendText(text)),
        onText: (buffer, from, to) => texts.push(buffer.toString('latin1', from, to)),
        onClose: (why) => resolve({ texts, why }),
      });
      sockets.push(socket);
    });
    onConnection(server);
  });
}

it('frames of every length arrive whole and in order, however the network cuts them', async () => {
  const sent = [0, 1, 125, 126, 65_535, 65_536, 300_000, 1_000_000, 3].map((length) =>
    'x'.repeat(length),
  );
  const heard = await talk((at) =>
    at.on('connection', (socket) => {
      for (const text of sent) socket.send(text);
      socket.close(4008);
    }),
  );
  expect(heard.texts.map((text) => text.length)).toEqual(sent.map((text) => text.length));
  expect(heard.why).toBe('closed 4008');
});

it('what it says is understood, short and long', async () => {
  const said = ['', 'hello', 'y'.repeat(200), 'z'.repeat(70_000)];
  const heard: string[] = [];
  await talk(
    (at) =>
      at.on('connection', (socket) =>
        socket.on('message', (data) => {
          heard.push((data as Buffer).toString());
          if (heard.length === said.length) socket.close(1000);
        }),
      ),
    said,
  );
  expect(heard).toEqual(said);
});

it('a ping is answered with its own words', async () => {
  const { why } = await talk((at) =>
    at.on('connection', (socket) => {
      socket.on('pong', (data) => socket.close(data.toString() === 'beat 7' ? 4000 : 4999));
      socket.ping('beat 7');
    }),
  );
  expect(why).toBe('closed 4000');
});

it('an upgrade that is refused says with which status', async () => {
  const { why } = await talk(
    (at) =>
      (at.options.verifyClient = (_info: unknown, next: (ok: boolean, code: number) => void) =>
        next(false, 401)),
  );
  expect(why).toBe('refused: HTTP/1.1 401 Unauthorized');
});
