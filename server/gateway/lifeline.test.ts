/** Who lives and who does not, on a clock that the test moves. */
import { afterEach, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { channelFeed, memberFeed } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createRelayKit, post, seqsOf, type RelayKit } from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
afterEach(() => kit.dispose());
const start = async (limits: Partial<Limits> = {}): Promise<void> => {
  kit = await createRelayKit({ limits });
};

test('a client that says no hello within five seconds is sent away, to come again', async () => {
  await start();
  const client = await kit.connect(kit.owner);
  kit.clock.advance(4_900);
  expect(client.closedWith).toBeUndefined();
  kit.clock.advance(400);
  expect(client.closedWith).toBe(CLOSE.helloTimeout);
});

test('no timer runs when nobody is connected', async () => {
  await start();
  const client = await kit.live(kit.owner);
  expect(kit.clock.pending).toBe(1);
  client.side.closed();
  kit.clock.advance(1_000);
  expect(kit.clock.pending).toBe(0);
});

test('one timer serves everybody', async () => {
  await start({ socketsPerMember: 1_000 });
  for (let i = 0; i < 50; i++) await kit.connect(kit.owner);
  expect(kit.clock.pending).toBe(1);
});

test('pings come every 25 s, give or take a fifth, and not all at once', async () => {
  await start({ socketsPerMember: 1_000 });
  const clients = await Promise.all(Array.from({ length: 30 }, () => kit.live(kit.owner)));
  const moments = new Map<number, number[]>();
  for (let ms = 0; ms < 62_000; ms += 250) {
    clients.forEach((client, i) => {
      const list = moments.get(i) ?? [];
      if (client.pings > list.length) moments.set(i, [...list, ms]);
      client.side.heard();
    });
    kit.clock.advance(250);
  }
  const gaps = [...moments.values()].flatMap(([first = 0, second = 0]) => [first, second - first]);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(19_500);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(30_500);
  expect(new Set([...moments.values()].map(([first]) => first)).size).toBeGreaterThan(10);
});

test('a client that answers no ping is given up within 75 s, without a goodbye', async () => {
  await start();
  const client = await kit.live(kit.owner);
  kit.clock.advance(40_000);
  expect(client.closedWith).toBeUndefined();
  kit.clock.advance(35_000);
  expect(client.closedWith).toBe(1006);
});

test('any sign of life will do', async () => {
  await start();
  const client = await kit.live(kit.owner);
  for (let i = 0; i < 20; i++) {
    kit.clock.advance(10_000);
    client.say({ t: 'presence', presence: 'here' });
  }
  expect(client.closedWith).toBeUndefined();
});

describe('a client whose way is cut in silence', () => {
  test('is pinged as often as it asks, and told so', async () => {
    await start();
    const client = await kit.connect(kit.owner);
    client.hello({ pingEveryMs: 7_000 });
    await kit.settle();
    expect(client.all('welcome').map(({ limits }) => limits)).toMatchObject([
      { pingEveryMs: 7_000, pingLeastMs: DEFAULT_LIMITS.pingLeastMs },
    ]);
    const moments: number[] = [];
    for (let ms = 0; ms < 90_000; ms += 250) {
      if (client.pings > moments.length) moments.push(ms);
      client.side.heard();
      kit.clock.advance(250);
    }
    const gaps = moments.map((ms, i) => ms - (moments[i - 1] ?? 0));
    expect(gaps.length).toBeGreaterThanOrEqual(10);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_500);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(8_750);
  });

  test('is never pinged more rarely than others, whatever it asks', async () => {
    await start();
    const client = await kit.connect(kit.owner);
    client.hello({ pingEveryMs: DEFAULT_LIMITS.pingMostMs });
    await kit.settle();
    expect(client.all('welcome')[0]?.limits.pingEveryMs).toBe(DEFAULT_LIMITS.pingEveryMs);
    kit.clock.advance(30_500);
    expect(client.pings).toBe(1);
  });

  test.each([DEFAULT_LIMITS.pingLeastMs, 7_000, 12_000, 20_000])(
    'and asks for a ping each %i ms is given up when others are: neither much sooner nor later',
    async (pingEveryMs) => {
      await start();
      const client = await kit.live(kit.owner, { pingEveryMs });
      kit.clock.advance(40_000);
      expect(client.closedWith).toBeUndefined();
      kit.clock.advance(35_000);
      expect(client.closedWith).toBe(1006);
    },
  );
});

describe('a client that measures silence', () => {
  const { silenceMs } = DEFAULT_LIMITS;

  test('hears nothing for as long as it asks, whatever happens; then is pinged, and has missed nothing', async () => {
    await start();
    const bo = await kit.live(await kit.person('bo'));
    const client = await kit.connect(kit.owner);
    client.hello({ silenceMs });
    await kit.settle();
    expect(client.frames.map(({ t }) => t)).toEqual(['welcome']);
    client.clear();
    for (let ms = 0; ms < silenceMs - 1_000; ms += 10_000) {
      bo.say(post(kit.id(), kit.general, 'x'));
      bo.say({ t: 'typing', channel: kit.general });
      bo.say({ t: 'presence', presence: ms % 20_000 === 0 ? 'away' : 'here' });
      bo.side.heard();
      await kit.settle();
      kit.clock.advance(Math.min(10_000, silenceMs - 1_000 - ms));
    }
    await kit.settle();
    expect([client.frames, client.pings]).toEqual([[], 0]);
    kit.clock.advance(1_250);
    await kit.settle();
    expect(client.pings).toBe(1);
    expect([client.all('caught-up').length, client.all('presence').length]).toEqual([1, 1]);
    expect(seqsOf(client, channelFeed(kit.general)).length).toBeGreaterThanOrEqual(
      silenceMs / 10_000,
    );
    bo.say(post(kit.id(), kit.general, 'and goes on'));
    await kit.settle();
    expect(client.all('events')).toHaveLength(1);
  });

  test('is answered when it asks nevertheless', async () => {
    await start();
    const client = await kit.live(kit.owner, { silenceMs });
    client.say({ t: 'sessions', req: 1 });
    await kit.settle();
    expect(client.frames.map(({ t }) => t)).toEqual(['sessions']);
  });

  test('and vanishes is given up 45 s after it at most', async () => {
    await start();
    const client = await kit.live(kit.owner, { silenceMs });
    kit.clock.advance(silenceMs + 20_000);
    expect(client.closedWith).toBeUndefined();
    kit.clock.advance(25_000);
    expect(client.closedWith).toBe(1006);
  });

  test('loses its line with its session all the same', async () => {
    await start();
    const client = await kit.live(kit.owner, { silenceMs });
    kit.auth.end(client.session);
    expect(client.closedWith).toBe(CLOSE.sessionEnded);
  });
});

describe('a beat', () => {
  test('names the heads of the feeds that moved since the last one', async () => {
    await start();
    const client = await kit.live(kit.owner);
    for (let i = 0; i < 2; i++) client.say(post(kit.id(), kit.general, 'x'));
    await kit.settle();
    const beats = (): unknown[] => client.all('beat').map((beat) => beat.heads);
    while (beats().length < 2) {
      kit.clock.advance(1_000);
      await kit.settle(2);
      client.side.heard();
    }
    client.say({ t: 'level', op: kit.id(), channel: kit.general, level: 'none' });
    await kit.settle();
    while (beats().length < 3) {
      kit.clock.advance(1_000);
      await kit.settle(2);
      client.side.heard();
    }
    expect(beats()).toEqual([
      { [channelFeed(kit.general)]: 3 },
      {},
      { [memberFeed(kit.owner.id)]: 2 },
    ]);
    expect(kit.clock.now() - (client.all('beat').at(-1)?.at ?? 0)).toBeLessThanOrEqual(1_000);
  });
});

describe('an access token', () => {
  const TEN_MINUTES = 600_000;

  test('that runs out closes the socket half a minute later, to come again', async () => {
    await start();
    const client = await kit.live(kit.owner);
    const live = (ms: number): void => {
      for (let left = ms; left > 0; left -= 10_000) {
        client.side.heard();
        kit.clock.advance(Math.min(left, 10_000));
      }
    };
    live(TEN_MINUTES + 29_500);
    expect(client.closedWith).toBeUndefined();
    live(1_500);
    expect(client.closedWith).toBe(CLOSE.tokenExpired);
  });

  test('that was renewed in time keeps the socket', async () => {
    await start();
    const client = await kit.live(kit.owner);
    const soon = (): void => {
      for (let i = 0; i < 50; i++) {
        client.side.heard();
        kit.clock.advance(10_000);
      }
    };
    soon();
    kit.auth.principals.set('a refresh token', {
      member: kit.owner.id,
      session: client.session,
      accessExpiresAt: kit.clock.now() + TEN_MINUTES,
    });
    client.say({ t: 'refresh', req: 1, token: 'a refresh token' });
    await kit.settle();
    expect(client.all('tokens')).toEqual([
      { t: 'tokens', req: 1, access: 'access', refresh: 'refresh', accessExpiresInMs: TEN_MINUTES },
    ]);
    soon();
    expect(client.closedWith).toBeUndefined();
    soon();
    expect(client.closedWith).toBe(CLOSE.tokenExpired);
  });

  test('counts by the time that passes, not by the wall clock', async () => {
    await start();
    const client = await kit.live(kit.owner);
    kit.clock.setWall(kit.clock.now() + 1e10);
    kit.clock.advance(5_000);
    expect(client.closedWith).toBeUndefined();
  });
});
