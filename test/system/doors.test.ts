/** A desktop and a relay with something in between that lets no WebSocket through: real sockets, and a proxy that does as it is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRelay, type Relay } from '../../server/relay.ts';
import { createGround, isLive, PASSWORD, type Ground, type RealDesktop } from '../kit/real-desktop.ts';

interface Proxy {
  readonly port: number;
  /** What becomes of an upgrade: passed on, or answered with this status. */
  upgrade: 'pass' | number;
  /** Keeps every answer back until it is whole. */
  isBuffering: boolean;
  close(): void;
}

let folder: string;
let relay: Relay;
let ground: Ground;
let proxy: Proxy;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landline-proxied-'));
  relay = await startRelay({ data: folder, tls: 'off' });
  proxy = await startProxy(relay.port);
  ground = createGround();
});
afterEach(async () => {
  await ground.dispose();
  proxy.close();
  await relay.close();
  rmSync(folder, { recursive: true });
});

async function startProxy(to: number): Promise<Proxy> {
  const sockets = new Set<Socket | Duplex>();
  const forward = (asked: IncomingMessage, answer: ServerResponse): void => {
    const { upgrade: _, ...headers } = asked.headers;
    const onward = request({ host: '127.0.0.1', port: to, path: asked.url, method: asked.method, headers }, (came) => {
      answer.writeHead(came.statusCode ?? 502, came.headers);
      if (!self.isBuffering) {
        answer.flushHeaders();
        came.pipe(answer);
        return;
      }
      const chunks: Buffer[] = [];
      came.on('data', (chunk: Buffer) => chunks.push(chunk));
      came.on('end', () => answer.end(Buffer.concat(chunks)));
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  };
  const server: Server = createServer(forward);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (self.upgrade !== 'pass') return void socket.end(`HTTP/1.1 ${self.upgrade} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    const onward = connect(to, '127.0.0.1', () => {
      const lines: string[] = [];
      for (let n = 0; n < asked.rawHeaders.length; n += 2) lines.push(`${asked.rawHeaders[n]}: ${asked.rawHeaders[n + 1]}`);
      onward.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: Proxy = {
    port: (server.address() as AddressInfo).port,
    upgrade: 'pass',
    isBuffering: false,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return self;
}

/** Ada behind the proxy, Ben straight at the relay. */
async function team(): Promise<{ readonly ada: RealDesktop; readonly ben: RealDesktop }> {
  const ada = await ground.desktop();
  const account = { handle: 'ada', name: 'Ada', password: PASSWORD, device: 'Desk' };
  const { address } = await ada.now.call('relay.probe', { typed: `ws://127.0.0.1:${proxy.port}` });
  await ada.now.call('team.setup', { address, fingerprint: null, code: relay.setupCode ?? '', teamName: 'Night shift', ...account });
  await ada.now.until('Ada is live', () => isLive(ada));
  const { code } = await relay.auth.invites.create({ role: 'member', days: 7, uses: 1, createdBy: null });
  const ben = await ground.desktop();
  await ben.now.call('team.join', {
    address: `ws://127.0.0.1:${relay.port}`,
    fingerprint: null,
    code,
    name: 'Ben',
    handle: 'ben',
    password: PASSWORD,
    device: 'Laptop',
  });
  await ben.now.until('Ben is live', () => isLive(ben));
  for (const { now } of [ada, ben]) {
    await now.until('general is there', () => Object.values(now.team.channels).some(({ name }) => name === 'general'));
    await now.call('timeline.open', { team: now.team.team.id, channel: now.channel('general').id, at: 'end' });
  }
  return { ada, ben };
}

const doorOf = ({ now }: RealDesktop): string | undefined => {
  const { wire } = now.team.team;
  return wire.state === 'live' ? wire.door : undefined;
};

/** Each hears of the other, once. */
async function talk({ ada, ben }: { readonly ada: RealDesktop; readonly ben: RealDesktop }, text: string): Promise<void> {
  for (const [from, to] of [
    [ada, ben],
    [ben, ada],
  ] as const) {
    const { now } = from;
    const { id } = await now.call('message.send', { team: now.team.team.id, channel: now.channel('general').id, text });
    await now.until(`${text} has its tick`, () => now.messages.some((row) => row.id === id && row.delivery.state === 'sent'));
    await to.now.until(`${text} is there`, () => to.now.messages.some((row) => row.id === id));
    expect(to.now.messages.filter((row) => row.id === id)).toHaveLength(1);
  }
}

test.each([200, 400, 502])('behind a proxy that answers upgrades with %i, chat works within ten seconds', async (status) => {
  proxy.upgrade = status;
  const from = performance.now();
  const both = await team();
  expect(doorOf(both.ada)).toBe('stream');
  await talk(both, 'through the wall');
  expect(performance.now() - from).toBeLessThan(10_000);
});

test('behind a proxy that keeps answers back it ends at long polls', async () => {
  proxy.upgrade = 400;
  proxy.isBuffering = true;
  const both = await team();
  expect(doorOf(both.ada)).toBe('long-poll');
  await talk(both, 'slowly but surely');
});

test('a proxy that is taken away lets it return to the WebSocket, and nothing is lost or doubled on the way', async () => {
  proxy.upgrade = 400;
  const both = await team();
  await talk(both, 'before');
  proxy.upgrade = 'pass';
  const { ada, ben } = both;
  const sending = Array.from({ length: 10 }, (_, n) =>
    ben.now.call('message.send', { team: ben.now.team.team.id, channel: ben.now.channel('general').id, text: `meanwhile ${n}` }),
  );
  await ada.now.call('wire.retry', { team: ada.now.team.team.id });
  await ada.now.until('Ada is back on a WebSocket', () => doorOf(ada) === 'socket');
  const ids = (await Promise.all(sending)).map(({ id }) => id);
  await ada.now.until('all is there', () => ids.every((id) => ada.now.messages.some((row) => row.id === id)));
  expect(ada.now.messages.filter((row) => ids.includes(row.id)).map((row) => row.id)).toEqual(ids);
  await talk(both, 'after');
});
