/** What a request at the doors costs beside its frames: connections that are kept, bytes that came, and answers that nobody takes. */
import { once } from 'node:events';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { EVENTS_PATH, FRAMES_PATH, LINES_TYPE, type Door } from '../../protocol/doors.ts';
import { channelFeed, type MessageId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { systemClock } from '../../server/adapters/system-clock.ts';
import { generalChannel } from '../../server/domain/members.ts';
import type { Clock } from '../../server/ports/clock.ts';
import { heldIn } from '../kit/relay-kit.ts';
import { dialDoor, HELLO, idsOf, type DoorClient } from '../kit/door-client.ts';
import { createFakeClock } from '../kit/fake-clock.ts';
import { createLineKit, type LineKit } from '../kit/line-kit.ts';

let kit: LineKit;
const ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await kit.dispose();
});

/** @param clock  the relay's own; where it is the test's, nothing comes back */
async function start(limits: Partial<Limits> = {}, clock: Clock = systemClock): Promise<void> {
  kit = await createLineKit(limits, 'own', {}, { clock });
}

interface Answered {
  readonly status: number;
  readonly kept: string | undefined;
  readonly text: string;
  readonly socket: TLSSocket;
}

/** One request over a connection of `agent`, of one that is kept. */
async function ask(
  path: string,
  body: string | readonly string[],
  agent: Agent,
  more: RequestOptions['headers'] = {},
): Promise<Answered> {
  const asking = request({
    host: '127.0.0.1',
    port: kit.relay.port,
    path,
    method: path === '/v1/relay' ? 'GET' : 'POST',
    rejectUnauthorized: false,
    agent,
    headers: { 'content-type': path === FRAMES_PATH ? LINES_TYPE : 'application/json', ...more },
  });
  // More than one piece and no length: in chunks.
  for (const piece of typeof body === 'string' ? [] : body) asking.write(piece);
  asking.end(typeof body === 'string' ? body : undefined);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const socket = answer.socket as TLSSocket;
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part as string;
  return {
    status: answer.statusCode ?? 0,
    kept: answer.headers['keep-alive']?.toString(),
    text,
    socket,
  };
}
const bearer = (token = kit.ada.tokens.access): RequestOptions['headers'] => ({
  authorization: `Bearer ${token}`,
});
const agentOf = (most = 1): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: most });
  ends.push(() => agent.destroy());
  return agent;
};
const poll = (more: object = {}): string =>
  JSON.stringify({ hello: HELLO, isGoingOn: false, waitMs: 0, seenPresence: null, ...more });
const channel = (): ReturnType<typeof generalChannel> => generalChannel(kit.relay.store.teamId);
const post = (text: string) =>
  ({ t: 'post', op: kit.op<MessageId>(), channel: channel(), text }) as const;

async function live(door: Door, port = kit.relay.port): Promise<DoorClient> {
  const target = { address: `127.0.0.1:${port}`, fingerprint: kit.relay.fingerprint };
  const client = await dialDoor(door, target, kit.ada.tokens.access);
  if ('kind' in client) throw new Error(client.kind);
  ends.push(() => client.socket.terminate());
  client.say(HELLO);
  await client.heard('caught-up');
  return client;
}

describe('a connection', () => {
  test('of a session is kept for doorKeepAliveMs, one of a stranger for keepAliveMs', async () => {
    await start({ doorKeepAliveMs: 3_000, keepAliveMs: 500 });
    const mine = await ask(FRAMES_PATH, '', agentOf(), bearer());
    const from = performance.now();
    const closed = once(mine.socket, 'close');
    const theirs = await ask('/v1/relay', '', agentOf());
    expect([mine.status, mine.kept, theirs.kept]).toEqual([200, 'timeout=3', 'timeout=0']);
    await once(theirs.socket, 'close');
    expect(mine.socket.destroyed).toBe(false);
    await closed;
    expect(performance.now() - from).toBeGreaterThan(2_900);
  });

  test('serves one request after another, polls and frames alike', async () => {
    await start();
    const agent = agentOf();
    const sockets = new Set<TLSSocket>();
    for (let n = 0; n < 5; n++) {
      sockets.add((await ask(FRAMES_PATH, '', agent, bearer())).socket);
      sockets.add((await ask(EVENTS_PATH, poll(), agent, bearer())).socket);
    }
    expect(sockets.size).toBe(1);
  });

  test('of more than doorConnections of a member gives way to the newest, the one used longest ago first', async () => {
    await start({ doorConnections: 2 });
    const [first, second, third] = [agentOf(), agentOf(), agentOf()];
    const one = await ask(FRAMES_PATH, '', first, bearer());
    const two = await ask(FRAMES_PATH, '', second, bearer());
    await ask(FRAMES_PATH, '', first, bearer());
    const gone = once(two.socket, 'close');
    const other = await kit.person('ben');
    await ask(FRAMES_PATH, '', agentOf(), bearer(other.tokens.access));
    expect(two.socket.destroyed).toBe(false);
    await ask(FRAMES_PATH, '', third, bearer());
    await gone;
    expect(one.socket.destroyed).toBe(false);
  });

  test('of one device counts with those of the others, and the device that has most gives way', async () => {
    await start({ doorConnections: 3 });
    const devices = [];
    for (let n = 0; n < 3; n++) devices.push(await kit.signIn('ada'));
    const [laptop = '', tablet = '', phone = ''] = devices.map(({ tokens }) => tokens.access);
    const other = await ask(FRAMES_PATH, '', agentOf(), bearer(tablet));
    const first = await ask(FRAMES_PATH, '', agentOf(), bearer(laptop));
    const second = await ask(FRAMES_PATH, '', agentOf(), bearer(laptop));
    const gone = once(first.socket, 'close');
    const last = await ask(FRAMES_PATH, '', agentOf(), bearer(phone));
    await gone;
    expect([other, second, last].map(({ socket }) => socket.destroyed)).toEqual([
      false,
      false,
      false,
    ]);
  });

  test.each(['stream', 'long-poll', 'poll'] as const)(
    'is made at most three times for a line at the door %s, however much is said',
    async (door) => {
      await start();
      let connections = 0;
      const way = createServer((client) => {
        connections++;
        const relay = connect(kit.relay.port, '127.0.0.1');
        for (const end of [client, relay]) end.on('error', () => undefined);
        client.pipe(relay).pipe(client);
      }).listen(0, '127.0.0.1');
      await once(way, 'listening');
      ends.push(() => way.close());
      const client = await live(door, (way.address() as AddressInfo).port);
      // A poll comes every two seconds.
      for (let n = 1; n <= (door === 'poll' ? 2 : 10); n++) {
        client.say(post(`${n}`));
        await client.until(
          () =>
            idsOf(client, channelFeed(channel())).length === n && client.all('ack').length === n,
        );
        client.socket.ping();
        await client.until(() => client.pongs === n);
      }
      expect(connections).toBeLessThanOrEqual(3);
    },
  );
});

describe('bytes that came', () => {
  test('count whether their length was announced or not', async () => {
    await start({ bytesInPerSecond: 4 * 1024 }, createFakeClock(Date.now()));
    const agent = agentOf();
    const padded = poll() + ' '.repeat(3_000);
    expect(
      (await ask(EVENTS_PATH, [padded.slice(0, 100), padded.slice(100)], agent, bearer())).status,
    ).toBe(200);
    expect(
      (await ask(EVENTS_PATH, [padded.slice(0, 100), padded.slice(100)], agent, bearer())).status,
    ).toBe(429);
  });

  test('count when they are no frames: empty lines, and bodies of another shape', async () => {
    for (const [path, body] of [
      [FRAMES_PATH, '\n'.repeat(3_000)],
      [FRAMES_PATH, `{"t":"zap"}\n${'\n'.repeat(3_000)}`],
      [EVENTS_PATH, JSON.stringify({ hello: 'x'.repeat(3_000) })],
    ] as const) {
      await start({ bytesInPerSecond: 4 * 1024 }, createFakeClock(Date.now()));
      const agent = agentOf();
      expect((await ask(path, body, agent, bearer())).status).not.toBe(429);
      expect((await ask(path, body, agent, bearer())).status).toBe(429);
      await kit.dispose();
    }
    await start();
  });
});

/**
 * A poll is answered once and is over: what it holds is bounded (`pageBytes`), and no event waits for it. Slow is who does not take that
 * answer; the network's own buffers hold one of the usual size, so these are larger.
 */
test.each([
  ['a poll', EVENTS_PATH],
  ['a request of frames', FRAMES_PATH],
])(
  '%s whose answer is not taken for outboundStallMs is cut off, and no other line notices',
  async (_what, path) => {
    const count = 640;
    await start({
      outboundStallMs: 1_000,
      pageBytes: 10 * 1024 * 1024,
      sendsPerSecond: 10_000,
      sendsBurst: 10_000,
      framesPerSecond: 10_000,
      framesBurst: 10_000,
      bytesInPerSecond: 1e9,
      acceptsBurst: 100,
    });
    const writer = await live('socket');
    for (let sent = 0; sent < count; sent += 20) {
      for (let n = 0; n < 20; n++) writer.say(post('x'.repeat(DEFAULT_LIMITS.textBytes)));
      await writer.until(() => writer.all('ack').length === sent + 20);
    }
    const feed = channelFeed(channel());
    const range = Array.from({ length: 4 }, (_, n) =>
      JSON.stringify({ t: 'range', req: n, feed, from: 1 + n * 150, to: 150 + n * 150 }),
    );
    const body =
      path === EVENTS_PATH
        ? poll({
            hello: {
              ...HELLO,
              epoch: kit.relay.store.epoch,
              positions: await heldIn(kit.relay.store, { [feed]: 3 }),
            },
          })
        : range.join('\n');
    const type = path === EVENTS_PATH ? 'application/json' : LINES_TYPE;
    const deaf = await kit.tls();
    deaf.pause();
    deaf.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${kit.ada.tokens.access}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(() => kit.relay.core.counts.slow.stalled).toBe(1);
    writer.say(post('still here'));
    await writer.until(() => writer.all('ack').length === count + 1);
    // What had left is read, and then the line is over.
    let got = 0;
    deaf.on('data', (chunk: Buffer) => (got += chunk.byteLength));
    await new Promise((resolve) => deaf.once('close', resolve).resume());
    expect(got).toBeLessThan(9 * 1024 * 1024);
  },
);
