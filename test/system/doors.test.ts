/** A desktop and a relay with something in between that spoils WebSockets: real sockets, and a proxy that does as it is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MemberId } from '../../protocol/ids.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import {
  createGround,
  isLive,
  PASSWORD,
  type Ground,
  type RealDesktop,
} from '../kit/real-desktop.ts';

/**
 * What becomes of an upgrade: passed on; answered with this status by the proxy itself; never answered; or passed on, but of what follows
 * the 101 nothing (`deaf`), not even the line (`cut`), or the first answers and then not even the line (`cut-soon`).
 */
type Upgrade = 'pass' | number | 'swallow' | 'deaf' | 'cut' | 'cut-soon';

interface Proxy {
  readonly port: number;
  upgrade: Upgrade;
  /** Ends every line that is open. */
  cut(): void;
  /** Takes nobody. */
  isDead: boolean;
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
    const onward = request(
      { host: '127.0.0.1', port: to, path: asked.url, method: asked.method, headers },
      (came) => {
        answer.writeHead(came.statusCode ?? 502, came.headers);
        if (!self.isBuffering) {
          answer.flushHeaders();
          came.pipe(answer);
          return;
        }
        const chunks: Buffer[] = [];
        came.on('data', (chunk: Buffer) => chunks.push(chunk));
        came.on('end', () => answer.end(Buffer.concat(chunks)));
      },
    );
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  };
  const server: Server = createServer(forward);
  server.on('connection', (socket) => {
    if (self.isDead) return void socket.destroy();
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    return undefined;
  });
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { upgrade } = self;
    if (typeof upgrade === 'number')
      return void socket.end(
        `HTTP/1.1 ${upgrade} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      );
    // Read, or the end of it would not be seen.
    if (upgrade === 'swallow') return void socket.resume();
    const onward = connect(to, '127.0.0.1', () => {
      const lines: string[] = [];
      for (let n = 0; n < asked.rawHeaders.length; n += 2)
        lines.push(`${asked.rawHeaders[n]}: ${asked.rawHeaders[n + 1]}`);
      onward.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      if (upgrade === 'pass') onward.pipe(socket).pipe(onward);
      else spoil(upgrade, onward, socket);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    return undefined;
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: Proxy = {
    port: (server.address() as AddressInfo).port,
    upgrade: 'pass',
    isBuffering: false,
    isDead: false,
    cut,
    close: () => {
      server.close();
      cut();
    },
  };
  return self;
}

/** Passes the 101 on, and then does what it is there for. */
function spoil(upgrade: 'deaf' | 'cut' | 'cut-soon', relay: Socket, client: Duplex): void {
  let head = '';
  let answers = 0;
  client.on('data', (chunk: Buffer) => (upgrade === 'cut-soon' ? relay.write(chunk) : undefined));
  relay.on('data', (chunk: Buffer) => {
    if (head.includes('\r\n\r\n')) {
      if (upgrade !== 'cut-soon') return;
      client.write(chunk);
      if (++answers >= 2) client.destroy();
      return;
    }
    head += chunk.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    client.write(Buffer.from(head, 'latin1'));
    if (upgrade === 'cut') client.destroy();
  });
}

interface Both {
  readonly ada: RealDesktop;
  readonly ben: RealDesktop;
}

/** Ada behind the proxy, Ben straight at the relay. */
async function team(): Promise<Both> {
  const ada = await ground.desktop();
  const account = { handle: 'ada', name: 'Ada', password: PASSWORD, device: 'Desk' };
  const { address } = await ada.now.call('relay.probe', { typed: `ws://127.0.0.1:${proxy.port}` });
  await ada.now.call('team.setup', {
    address,
    fingerprint: null,
    code: relay.setupCode ?? '',
    teamName: 'Night shift',
    ...account,
  });
  await ada.now.until('Ada is live', () => isLive(ada));
  const { code } = await relay.auth.invites.create({
    role: 'member',
    days: 7,
    uses: 1,
    createdBy: null,
  });
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
    await now.until('general is there', () =>
      Object.values(now.team.channels).some(({ name }) => name === 'general'),
    );
    await now.call('timeline.open', {
      team: now.team.team.id,
      channel: now.channel('general').id,
      at: 'end',
    });
  }
  return { ada, ben };
}

const doorOf = ({ now }: RealDesktop): string | undefined => {
  const { wire } = now.team.team;
  return wire.state === 'live' ? wire.door : undefined;
};

/** From the first try to the door that was taken: what a person waits, without the team being set up meanwhile. */
async function upMs({ now }: RealDesktop): Promise<number> {
  const turns = (await now.call('line.record', { team: now.team.team.id, seen: -1 }))?.turns ?? [];
  expect([turns[0]?.kind, turns.at(-1)?.kind]).toEqual(['dialed', 'opened']);
  return (turns.at(-1)?.at ?? Infinity) - (turns[0]?.at ?? 0);
}

/** Each hears of the other, once. @returns how long that took, in milliseconds */
async function talk({ ada, ben }: Both, text: string): Promise<number> {
  const begun = performance.now();
  for (const [from, to] of [
    [ada, ben],
    [ben, ada],
  ] as const) {
    const { now } = from;
    const { id } = await now.call('message.send', {
      team: now.team.team.id,
      channel: now.channel('general').id,
      text,
    });
    await now.until(`${text} has its tick`, () =>
      now.messages.some((row) => row.id === id && row.delivery.state === 'sent'),
    );
    await to.now.until(`${text} is there`, () => to.now.messages.some((row) => row.id === id));
    expect(to.now.messages.filter((row) => row.id === id)).toHaveLength(1);
  }
  return performance.now() - begun;
}

/** What both wrote, a few at a time. In the end each has all of it once, and in the order of who wrote it. */
function conversation({ ada, ben }: Both): { write(): Promise<void>; ended(): Promise<void> } {
  const said = new Map<RealDesktop, string[]>([ada, ben].map((one) => [one, []]));
  return {
    write: async () => {
      for (const [{ now }, ids] of said) {
        const channel = now.channel('general').id;
        for (let n = 0; n < 5; n++) {
          const { id } = await now.call('message.send', {
            team: now.team.team.id,
            channel,
            text: `number ${ids.length}`,
          });
          ids.push(id);
        }
      }
    },
    ended: async () => {
      for (const { now } of said.keys()) {
        for (const ids of said.values()) {
          const isUp = (id: string): boolean =>
            now.messages.some((row) => row.id === id && row.delivery.state === 'sent');
          await now.until('all is there', () => ids.every(isUp));
          expect(now.messages.filter(({ id }) => ids.includes(id)).map(({ id }) => id)).toEqual(
            ids,
          );
        }
      }
    },
  };
}

const TROUBLES: readonly Upgrade[] = [
  200,
  400,
  401,
  403,
  429,
  502,
  503,
  'swallow',
  'deaf',
  'cut',
  'cut-soon',
];

describe.each(TROUBLES)('behind a proxy to which an upgrade is %s', (upgrade) => {
  test('chat works within ten seconds, and returns to the WebSocket without loss', async () => {
    proxy.upgrade = upgrade;
    const both = await team();
    // A line that is cut soon was live for a moment.
    await both.ada.now.until('Ada goes on by HTTP', () => doorOf(both.ada) === 'stream');
    expect((await upMs(both.ada)) + (await talk(both, 'through the wall'))).toBeLessThan(10_000);
    const talking = conversation(both);
    await talking.write();
    proxy.upgrade = 'pass';
    await both.ada.now.call('wire.retry', { team: both.ada.now.team.team.id });
    await talking.write();
    await both.ada.now.until('Ada is back on a WebSocket', () => doorOf(both.ada) === 'socket');
    await talking.write();
    await talking.ended();
  });
});

test.each(['swallow', 'deaf', 'cut', 502] as const)(
  'a proxy that begins to treat upgrades so (%s) in the middle takes no more',
  async (upgrade) => {
    const both = await team();
    expect(doorOf(both.ada)).toBe('socket');
    const talking = conversation(both);
    proxy.upgrade = upgrade;
    proxy.cut();
    const from = performance.now();
    await both.ada.now.until('Ada goes on by HTTP', () => doorOf(both.ada) === 'stream');
    await talk(both, 'on another way');
    expect(performance.now() - from).toBeLessThan(10_000);
    await talking.write();
    await talking.ended();
  },
);

test.each([400, 'deaf'] as const)(
  'behind a proxy that keeps answers back as well (%s) it ends at long polls, within ten seconds',
  async (upgrade) => {
    proxy.upgrade = upgrade;
    proxy.isBuffering = true;
    const both = await team();
    expect(doorOf(both.ada)).toBe('long-poll');
    expect((await upMs(both.ada)) + (await talk(both, 'slowly but surely'))).toBeLessThan(10_000);
  },
);

test('a session that ends behind a proxy that answers upgrades with 401 is ended, and by the relay alone', async () => {
  proxy.upgrade = 401;
  const { ada } = await team();
  const { now } = ada;
  proxy.isDead = true;
  proxy.cut();
  const me = now.team.team.me as MemberId;
  for (const { id } of await relay.auth.sessions.list(me))
    await relay.auth.sessions.end(id, me, 'revoked');
  await now.until('Ada is away', () => now.team.team.wire.state !== 'live');
  proxy.isDead = false;
  await now.until('Ada is asked to sign in', () => now.team.team.wire.state === 'stopped');
  expect(now.team.team.wire).toMatchObject({ why: 'session-ended' });
});
