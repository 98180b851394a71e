/** What every door of a relay does alike, over a real relay and the desktop's own carriers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { DOORS, EVENTS_PATH, FRAMES_PATH, LINES_TYPE, type Door } from '../../protocol/doors.ts';
import type { DownFrame } from '../../protocol/frames-down.ts';
import { channelFeed, type ChannelId, type MessageId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import type { RelayTarget } from '../../electron/core/ports.ts';
import { systemClock } from '../../server/adapters/system-clock.ts';
import { generalChannel } from '../../server/domain/members.ts';
import type { Clock } from '../../server/ports/clock.ts';
import { TICK_MS } from '../../server/gateway/wheel.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import { createChance } from '../kit/chance.ts';
import { dialDoor, HELLO, idsOf, seqsOf, type DoorClient } from '../kit/door-client.ts';
import { createFakeClock } from '../kit/fake-clock.ts';
import { heldIn } from '../kit/relay-kit.ts';

const PASSWORD = 'nine lives of the office cat';
let folder: string;
let relay: Relay;
let token: string;
let refresh: string;
let target: RelayTarget;
let general: ChannelId;
const clients: DoorClient[] = [];
/** Shorter than the pause between two pings, and than anybody may take to read: nothing but the token runs out. */
const SHORT_LIVED = { accessTokenMs: 6_000, accessGraceMs: 0 };
let count = 0;
const id = (): MessageId =>
  `01980000-0000-7000-8000-${(++count).toString(16).padStart(12, '0')}` as MessageId;

/** @param clock  the relay's own; where it is the test's, nothing comes back and nothing runs out before the test says so */
async function start(limits: Partial<Limits> = {}, clock: Clock = systemClock): Promise<void> {
  relay = await startRelay({ data: folder, tls: 'off', limits }, { clock });
  target = { address: `127.0.0.1:${relay.port}`, fingerprint: null, isPlain: true };
  const person = {
    team: 'Night shift',
    name: 'Ada',
    handle: 'ada',
    password: PASSWORD,
    device: 'desk',
  };
  const done = await relay.auth.accounts.setup(
    { code: relay.setupCode ?? '', ...person },
    { address: '127.0.0.1' },
  );
  if (!done.ok) throw new Error(done.error.kind);
  token = done.value.tokens.access;
  refresh = done.value.tokens.refresh;
  general = generalChannel(relay.store.teamId);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-doors-'));
  count = 0;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate();
  await relay.close();
  rmSync(folder, { recursive: true });
});

async function open(door: Door): Promise<DoorClient> {
  const client = await dialDoor(door, target, token);
  if ('kind' in client) throw new Error(`${door}: ${client.kind}`);
  clients.push(client);
  return client;
}

async function live(door: Door, hello = HELLO): Promise<DoorClient> {
  const client = await open(door);
  client.say(hello);
  await client.heard('caught-up');
  return client;
}

const post = (text: string, op = id()) => ({ t: 'post', op, channel: general, text }) as const;
/** Bytes to a door, as no carrier of ours would send them. */
const raw = (
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port: relay.port, path, method: 'POST', headers, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    asking.on('error', reject);
    asking.end(body);
  });
const said = (
  lines: readonly unknown[],
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string }> =>
  raw(
    FRAMES_PATH,
    { authorization: `Bearer ${token}`, 'content-type': LINES_TYPE, ...headers },
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );

describe.each(DOORS)('the door %s', (door) => {
  test('welcomes, catches up, says who is there, and answers a ping', async () => {
    await start();
    const client = await live(door);
    expect(client.frames[0]).toMatchObject({
      t: 'welcome',
      member: expect.any(String),
      epoch: relay.store.epoch,
    });
    expect(client.all('page').map((page) => page.feed)).toContain(channelFeed(general));
    const me = client.all('welcome')[0]?.member ?? '';
    await client.heard(
      'presence',
      ({ members }) => (members as Record<string, unknown>)[me] === 'here',
    );
    client.socket.ping();
    await client.until(() => client.pongs === 1);
    expect(client.all('welcome')).toHaveLength(1);
  });

  test('acknowledges a message once it is stored, tells it to every other door, and takes it once however often it comes', async () => {
    await start();
    const client = await live(door);
    const others = await Promise.all(DOORS.map((other) => live(other)));
    const message = post('hello out there');
    client.say(message);
    client.say(message);
    await client.until(() => client.all('ack').length === 2);
    const [first, second] = client.all('ack');
    expect(second).toEqual(first);
    expect(await relay.store.head(channelFeed(general))).toBe(first?.seq);
    for (const other of others) {
      // Live, or with the next poll as a page.
      await other.until(() => seqsOf(other, channelFeed(general)).includes(first?.seq ?? 0));
      expect(idsOf(other, channelFeed(general)).filter((one) => one === message.op)).toEqual([
        message.op,
      ]);
    }
  });

  test('brings the proof of the newest event: with a heartbeat, or with the poll that brings the event', async () => {
    await start({ pingEveryMs: 100 });
    const client = await live(door);
    client.say(post('prove it'));
    await client.until(() => client.all('ack').length === 1);
    const feed = channelFeed(general);
    const seq = client.all('ack')[0]?.seq;
    const proves = (frame: DownFrame): boolean =>
      (frame.t === 'beat' && frame.heads[feed] === seq && Object.hasOwn(frame.proofs, feed)) ||
      (frame.t === 'page' && frame.to === seq && frame.proof !== undefined);
    await client.until(() => client.frames.some(proves));
  });

  test('answers a question, and refuses what is wrong by its number', async () => {
    await start();
    const client = await live(door);
    client.say({ t: 'range', req: 7, feed: channelFeed(general), from: 1, to: 1 });
    client.say({
      t: 'roster',
      req: 8,
      channel: '0190a000-0000-7000-8000-00000000000c' as ChannelId,
    });
    expect(await client.heard('page', ({ req }) => req === 7)).toMatchObject({ from: 1, to: 1 });
    expect(await client.heard('refused')).toMatchObject({ req: 8, refusal: { kind: 'not-found' } });
  });

  test('goes on from the positions it is told', async () => {
    await start();
    const before = await live('socket');
    for (const text of ['one', 'two', 'three']) before.say(post(text));
    await before.until(() => before.all('ack').length === 3);
    const head = before.all('ack').at(-1)?.seq ?? 0;
    const { heads } = before.all('welcome')[0] ?? { heads: {} };
    const after = await live(door, {
      ...HELLO,
      epoch: relay.store.epoch,
      positions: await heldIn(relay.store, { ...heads, [channelFeed(general)]: head - 2 }),
    });
    expect(seqsOf(after, channelFeed(general))).toEqual([head - 1, head]);
  });

  test('keeps the pause between pings that it is asked for, and says so; silence is a socket’s or a stream’s to ask for', async () => {
    await start();
    const client = await open(door);
    client.say({
      ...HELLO,
      pingEveryMs: DEFAULT_LIMITS.pingLeastMs,
      silenceMs: DEFAULT_LIMITS.silenceMs,
    });
    const { limits } = await client.heard('welcome');
    expect(limits).toMatchObject({
      pingEveryMs: DEFAULT_LIMITS.pingLeastMs,
      pingLeastMs: DEFAULT_LIMITS.pingLeastMs,
    });
    if (door === 'poll' || door === 'long-poll') return void (await client.heard('caught-up'));
    client.say({ t: 'sessions', req: 1 });
    await client.heard('sessions');
    expect(client.frames.map(({ t }) => t)).toEqual(['welcome', 'sessions']);
  });

  test('ends within a second when the session does, and does not open again', async () => {
    await start();
    const client = await live(door);
    const { session, member } = client.all('welcome')[0] ?? {};
    if (!session || !member) throw new Error('no welcome');
    const from = performance.now();
    await relay.auth.sessions.end(session, member, 'revoked');
    // Between two polls there is nobody to tell: the next one is not let in.
    expect(
      door.endsWith('poll') ? [CLOSE.tokenExpired, CLOSE.sessionEnded] : [CLOSE.sessionEnded],
    ).toContain(await client.closed);
    if (door !== 'poll') expect(performance.now() - from).toBeLessThan(1_000);
    expect(await dialDoor(door, target, token)).toMatchObject({ kind: 'refused', status: 401 });
  });

  test('lets nobody in without a good token', async () => {
    await start();
    expect(await dialDoor(door, target, 'nonsense')).toMatchObject({
      kind: 'refused',
      status: 401,
    });
    expect(relay.core.stats.connections).toBe(0);
  });

  test('closes when the access token has run out', async () => {
    const clock = createFakeClock(Date.now());
    await start(SHORT_LIVED, clock);
    const client = await live(door);
    clock.advance(SHORT_LIVED.accessTokenMs + TICK_MS);
    expect(await client.closed).toBe(CLOSE.tokenExpired);
  });

  test('goes on beyond its first token when that is renewed in time', async () => {
    const clock = createFakeClock(Date.now());
    await start(SHORT_LIVED, clock);
    const [client, forgetful] = [await live(door), await live(door)];
    clock.advance(SHORT_LIVED.accessTokenMs / 2);
    client.say({ t: 'refresh', req: 1, token: refresh });
    const { access } = await client.heard('tokens');
    clock.advance(SHORT_LIVED.accessTokenMs / 2 + TICK_MS);
    // The relay has looked at those whose first token is over.
    expect(await forgetful.closed).toBe(CLOSE.tokenExpired);
    const message = post('still here');
    const writer = await dialDoor('socket', target, access);
    if ('kind' in writer) throw new Error(writer.kind);
    clients.push(writer);
    writer.say(HELLO);
    writer.say(message);
    await client.until(
      () =>
        idsOf(client, channelFeed(general)).includes(message.op) ||
        client.all('welcome').length > 1,
    );
    expect(client.all('welcome')).toHaveLength(1);
  });

  test('holds a session to what it may send, in order', async () => {
    await start({ sendsPerSecond: 1, sendsBurst: 3 }, createFakeClock(Date.now()));
    const client = await live(door);
    const messages = Array.from({ length: 8 }, (_, n) => post(`${n}`));
    for (const message of messages) client.say(message);
    await client.until(() => client.all('ack').length + client.all('refused').length === 8);
    const acked = client.all('ack').map(({ op }) => op);
    expect(acked).toEqual(messages.slice(0, 3).map(({ op }) => op));
    expect(
      client
        .all('refused')
        .every(({ refusal }) => refusal.kind === 'rate-limited' && (refusal.retryAfterMs ?? 0) > 0),
    ).toBe(true);
  });

  test('says drain, and lets nobody in after it', async () => {
    await start();
    const client = await live(door);
    const draining = relay.drain();
    // A poll that comes too late to be told is not let in.
    if (door.endsWith('poll')) expect(await client.closed).toBe(CLOSE.restart);
    else await client.heard('drain');
    client.socket.terminate();
    await draining;
    expect(await dialDoor(door, target, token)).toMatchObject({ kind: 'refused', status: 503 });
  });
});

describe.each(DOORS)('where too many come in, the door %s', (door) => {
  const signIn = async (): Promise<string> => {
    const asked = { handle: 'ada', password: PASSWORD, device: 'tablet' };
    const done = await relay.auth.accounts.signIn(asked, { address: '127.0.0.1' });
    if (!done.ok) throw new Error(done.error.kind);
    return done.value.tokens.access;
  };

  test('says when to come back, and goes on for those who are inside', async () => {
    await start({ acceptsPerSecond: 0.001, acceptsBurst: 1 });
    const inside = await live(door);
    expect(await dialDoor(door, target, await signIn())).toMatchObject({
      kind: 'refused',
      status: 429,
      retryAfterMs: expect.any(Number),
    });
    expect(relay.core.counts.sentAway).toBe(1);
    const message = post('still here');
    inside.say(message);
    inside.socket.ping();
    await inside.until(
      () => idsOf(inside, channelFeed(general)).includes(message.op) && inside.pongs > 0,
    );
  });

  test.skipIf(door === 'socket')('takes no second line of one who is known either', async () => {
    await start({ acceptsPerSecond: 0.001, acceptsBurst: 1 });
    await live(door);
    const again = await open(door);
    again.say(HELLO);
    expect(await again.closed).toBe(CLOSE.flood);
  });
});

test('a stream with a good token is no stranger at the door', async () => {
  await start({ socketsUnauthenticatedPerAddress: 2 });
  const streams: DoorClient[] = [];
  for (let n = 0; n < 4; n++) streams.push(await live('stream'));
  expect(relay.core.stats.connections).toBe(4);
});

// A poll is always the member's newest line.
test.each(['socket', 'stream'] as const)(
  'the door %s counts among the lines of a member; the oldest gives way',
  async (door) => {
    await start({ socketsPerMember: 2 });
    const first = await live(door);
    await live('socket');
    await live('socket');
    expect(await first.closed).toBe(CLOSE.replaced);
  },
);

test('a stream that is not read is cut off as slow, and no other line notices', async () => {
  await start({
    outboundCloseBytes: 256 * 1024,
    outboundStallMs: 1_000,
    sendsBurst: 10_000,
    framesBurst: 10_000,
    bytesInPerSecond: 1e9,
  });
  const body = JSON.stringify({ hello: HELLO, isGoingOn: false, waitMs: 0, seenPresence: null });
  const headers = `Host: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\nContent-Type: application/json`;
  const deaf = connect(relay.port, '127.0.0.1');
  deaf.on('error', () => undefined);
  deaf.write(
    `POST ${EVENTS_PATH} HTTP/1.1\r\n${headers}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await once(deaf, 'data');
  deaf.pause();
  const writer = await live('socket');
  expect(relay.core.stats.connections).toBe(2);
  let sent = 0;
  while (relay.core.stats.connections === 2 && sent < 4_000) {
    for (let n = 0; n < 20; n++) writer.say(post('x'.repeat(DEFAULT_LIMITS.textBytes)));
    sent += 20;
    await writer.until(() => writer.all('ack').length === sent);
  }
  expect(relay.core.stats.connections).toBe(1);
  deaf.destroy();
});

describe('changing the door', () => {
  test.each([1, 2, 3])(
    'at any moment of a conversation loses nothing and doubles nothing (seed %i)',
    async (seed) => {
      await start({ sendsBurst: 1_000, framesBurst: 1_000 });
      const chance = createChance(`doors ${seed}`);
      const writer = await live('socket');
      const feed = channelFeed(general);
      const held: number[] = [];
      let seqs: Record<string, number> = {};
      let acks = 0;
      for (let round = 0; round < 12; round++) {
        const reader = await open(DOORS[Math.floor(chance.fraction() * DOORS.length)] ?? 'socket');
        const positions = await heldIn(relay.store, seqs);
        reader.say({ ...HELLO, ...(round === 0 ? {} : { epoch: relay.store.epoch }), positions });
        // Gone before the welcome, in the middle of the catch-up, or after some live events.
        const patience = Math.floor(chance.fraction() * 8);
        for (let n = 0; n < 3; n++) writer.say(post(`${seed} ${round} ${n}`));
        acks += 3;
        await reader.until(
          () => reader.frames.length >= patience || reader.all('caught-up').length > 0,
        );
        reader.socket.terminate();
        held.push(...seqsOf(reader, feed));
        for (const frame of reader.frames) {
          if (frame.t === 'welcome') seqs = { ...frame.heads, ...seqs, [feed]: seqs[feed] ?? 0 };
          if (frame.t === 'page') seqs[frame.feed] = frame.to;
          if (frame.t === 'events') seqs[frame.feed] = frame.events.at(-1)?.seq ?? 0;
        }
        await writer.until(() => writer.all('ack').length === acks);
      }
      const positions = await heldIn(relay.store, seqs);
      const last = await live('long-poll', { ...HELLO, epoch: relay.store.epoch, positions });
      held.push(...seqsOf(last, feed));
      const head = await relay.store.head(feed);
      expect(held).toEqual(
        Array.from({ length: head - (held[0] ?? 1) + 1 }, (_, n) => (held[0] ?? 1) + n),
      );
      expect(held.at(-1)).toBe(head);
    },
  );
});

describe('a request at the doors', () => {
  test('that is too large, in frames or in bytes, is refused whole', async () => {
    await start();
    const tooLong = JSON.stringify(post('x'.repeat(DEFAULT_LIMITS.frameBytes)));
    expect((await said([tooLong])).status).toBe(413);
    expect((await said(Array.from({ length: DEFAULT_LIMITS.doorFrames }, () => '{}'))).status).toBe(
      200,
    );
    expect(
      (await said(Array.from({ length: DEFAULT_LIMITS.doorFrames + 1 }, () => '{}'))).status,
    ).toBe(413);
    expect((await said(['x'.repeat(DEFAULT_LIMITS.doorBodyBytes)])).status).toBe(413);
  });

  test('is held to the same allowance, however many requests it comes in', async () => {
    await start({ sendsPerSecond: 1, sendsBurst: 3 }, createFakeClock(Date.now()));
    const answers: string[] = [];
    for (let n = 0; n < 6; n++) answers.push((await said([post(`${n}`)])).text);
    expect(answers.filter((text) => text.startsWith('{"t":"ack"'))).toHaveLength(3);
    expect(answers.at(-1)).toContain('"kind":"rate-limited"');
  });

  test('answers each bad frame for itself', async () => {
    await start();
    const good = post('good');
    const { status, text } = await said(['{', { t: 'zap' }, good]);
    expect(status).toBe(200);
    const kinds = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { t: string; refusal?: { kind: string } });
    expect(kinds.map(({ t, refusal }) => refusal?.kind ?? t).sort()).toEqual([
      'ack',
      'bad-request',
      'unknown-frame',
    ]);
  });

  test.each([FRAMES_PATH, EVENTS_PATH])(
    'to %s of a page in a browser, or with a token in the query, is refused',
    async (path) => {
      await start();
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': path === FRAMES_PATH ? LINES_TYPE : 'application/json',
      };
      expect((await raw(path, { ...headers, origin: 'https://evil.test' }, '')).status).toBe(403);
      expect((await raw(`${path}?token=${token}`, headers, '')).status).toBe(400);
      expect((await raw(path, { ...headers, authorization: '' }, '')).status).toBe(401);
    },
  );

  test('that says hello among its frames is refused', async () => {
    await start();
    expect((await said([HELLO])).status).toBe(400);
  });
});
