/** The limits of a live connection, each at its edge: what is just allowed, and what is just not. On a clock that the test moves. */
import { afterEach, describe, expect, test } from 'vitest';
import { CLOSE } from '../../protocol/close-codes.ts';
import { channelFeed } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import {
  createRelayKit,
  heldIn,
  type Person,
  post,
  type RelayKit,
  seqsOf,
  type TestClient,
} from '../../test/kit/relay-kit.ts';

let kit: RelayKit;
afterEach(async () => {
  expect(kit.lines.filter((line) => line.event.endsWith('-failed'))).toEqual([]);
  await kit.dispose();
});
/** The wheel turns four times a second: what is due is looked at within this. */
const TURN = 250;

async function start(limits: Partial<Limits> = {}): Promise<TestClient> {
  kit = await createRelayKit({ limits });
  return kit.live(kit.owner);
}
const kindsRefused = (client: TestClient): string[] =>
  client.all('refused').map(({ refusal }) => refusal.kind);
/** Time passes and the client answers its pings. */
async function pass(ms: number, ...clients: TestClient[]): Promise<void> {
  for (let left = ms; left > 0; left -= TURN) {
    for (const client of clients) client.side.heard();
    kit.clock.advance(Math.min(left, TURN));
    await kit.settle(2);
  }
}

describe('how much may be said', () => {
  const generous = {
    framesPerSecond: 10_000,
    framesBurst: 10_000,
    sendsPerSecond: 10_000,
    sendsBurst: 10_000,
  };

  test('framesBurst at once, framesPerSecond after', async () => {
    const { framesBurst, framesPerSecond } = DEFAULT_LIMITS;
    const client = await start();
    const ask = async (count: number): Promise<void> => {
      for (let req = 1; req <= count; req++) client.say({ t: 'sessions', req });
      await kit.settle();
    };
    await ask(framesBurst);
    expect([client.all('sessions').length, kindsRefused(client)]).toEqual([framesBurst, []]);
    await ask(1);
    expect(kindsRefused(client)).toEqual(['rate-limited']);
    kit.clock.advance(1_000);
    client.clear();
    await ask(framesPerSecond + 1);
    expect([client.all('sessions').length, kindsRefused(client)]).toEqual([
      framesPerSecond,
      ['rate-limited'],
    ]);
  });

  test('sendsBurst changes at once, sendsPerSecond after', async () => {
    const { sendsBurst, sendsPerSecond } = DEFAULT_LIMITS;
    const client = await start({ framesPerSecond: 10_000, framesBurst: 10_000 });
    const send = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) client.say(post(kit.id(), kit.general, 'x'));
      await kit.settle();
    };
    await send(sendsBurst);
    expect([client.all('ack').length, kindsRefused(client)]).toEqual([sendsBurst, []]);
    await send(1);
    expect(kindsRefused(client)).toEqual(['rate-limited']);
    kit.clock.advance(1_000);
    client.clear();
    await send(sendsPerSecond + 1);
    expect([client.all('ack').length, kindsRefused(client)]).toEqual([
      sendsPerSecond,
      ['rate-limited'],
    ]);
  });

  test('bytesInPerSecond: as many bytes and not one more', async () => {
    const { bytesInPerSecond } = DEFAULT_LIMITS;
    const client = await start();
    const ask = (req: number, bytes: number): void =>
      client.side.receive(JSON.stringify({ t: 'get-team', req }), bytes);
    ask(1, bytesInPerSecond);
    ask(2, 1);
    await kit.settle();
    expect([
      client.all('team-state').map(({ req }) => req),
      client.all('refused').map(({ req }) => req),
    ]).toEqual([[1], [2]]);
    kit.clock.advance(1_000);
    client.clear();
    ask(3, bytesInPerSecond + 1);
    await kit.settle();
    expect(kindsRefused(client)).toEqual(['rate-limited']);
  });

  test('historyPerSecond, and four seconds of it at once', async () => {
    const { historyPerSecond } = DEFAULT_LIMITS;
    const client = await start(generous);
    const ask = async (count: number): Promise<void> => {
      for (let req = 1; req <= count; req++)
        client.say({ t: 'range', req, feed: channelFeed(kit.general), from: 1, to: 9 });
      await kit.settle();
    };
    await ask(4 * historyPerSecond + 1);
    expect([client.all('page').length, kindsRefused(client)]).toEqual([
      4 * historyPerSecond,
      ['rate-limited'],
    ]);
    kit.clock.advance(1_000);
    client.clear();
    await ask(historyPerSecond + 1);
    expect([client.all('page').length, kindsRefused(client)]).toEqual([
      historyPerSecond,
      ['rate-limited'],
    ]);
  });

  test('unknownFramesPerMinute: at that many the conversation ends, fewer a minute are only refused', async () => {
    const { unknownFramesPerMinute } = DEFAULT_LIMITS;
    const client = await start(generous);
    const knock = (count: number): void => {
      for (let n = 0; n < count; n++) client.sayRaw('{"t":"knock"}');
    };
    knock(unknownFramesPerMinute - 1);
    await pass(60_000, client);
    knock(unknownFramesPerMinute - 1);
    await kit.settle();
    expect([client.closedWith, kindsRefused(client).length]).toEqual([
      undefined,
      2 * (unknownFramesPerMinute - 1),
    ]);
    knock(1);
    expect(client.closedWith).toBe(CLOSE.flood);
  });

  test('typingEveryMs: sooner it is passed on to nobody', async () => {
    const { typingEveryMs } = DEFAULT_LIMITS;
    const client = await start(generous);
    const bo = await kit.live(await kit.person('bo'));
    const type = async (): Promise<number> => {
      client.say({ t: 'typing', channel: kit.general });
      await kit.settle();
      return bo.all('typing').length;
    };
    expect(await type()).toBe(1);
    kit.clock.advance(typingEveryMs - 1);
    expect(await type()).toBe(1);
    kit.clock.advance(1);
    expect(await type()).toBe(2);
  });
});

describe('how long', () => {
  test('helloMs may pass in silence', async () => {
    kit = await createRelayKit();
    const client = await kit.connect(kit.owner);
    kit.clock.advance(DEFAULT_LIMITS.helloMs - 1);
    expect(client.closedWith).toBeUndefined();
    kit.clock.advance(1 + TURN);
    expect(client.closedWith).toBe(CLOSE.helloTimeout);
  });

  test.each([1, 2, 4])(
    'pingMisses: of %i unanswered pings the last one is the end',
    async (pingMisses) => {
      const client = await start({ pingMisses });
      while (client.closedWith === undefined && client.pings < 10) await pass(TURN);
      expect([client.pings, client.closedWith]).toEqual([pingMisses, 1006]);
    },
  );

  test('pingEveryMs, give or take a fifth', async () => {
    const client = await start({ pingEveryMs: 10_000 });
    await pass(7_750, client);
    expect(client.pings).toBe(0);
    await pass(4_500, client);
    expect(client.pings).toBe(1);
  });

  test('accessGraceMs is a socket left alone after its token, and no longer', async () => {
    const { accessTokenMs, accessGraceMs } = DEFAULT_LIMITS;
    const client = await start({ pingEveryMs: 1e9 });
    await pass(accessTokenMs + accessGraceMs - 2 * TURN, client);
    expect(client.closedWith).toBeUndefined();
    await pass(4 * TURN, client);
    expect(client.closedWith).toBe(CLOSE.tokenExpired);
  });

  test('signalTtlMs is a member shown as there after their last socket', async () => {
    const { signalTtlMs } = DEFAULT_LIMITS;
    const client = await start();
    const bo = await kit.person('bo');
    const other = await kit.live(bo);
    await pass(2_000, client, other);
    client.clear();
    other.side.closed();
    await pass(signalTtlMs - TURN, client);
    expect(client.all('presence')).toEqual([]);
    await pass(2_000, client);
    expect(client.all('presence')).toMatchObject([{ members: { [bo.id]: 'gone' } }]);
  });
});

describe('how many', () => {
  test('socketsPerMember stay; one more replaces the oldest', async () => {
    const { socketsPerMember } = DEFAULT_LIMITS;
    kit = await createRelayKit();
    const clients: TestClient[] = [];
    for (let n = 0; n < socketsPerMember; n++) clients.push(await kit.live(kit.owner));
    expect(clients.map(({ closedWith }) => closedWith)).toEqual(
      Array(socketsPerMember).fill(undefined),
    );
    await kit.live(kit.owner);
    expect(clients.map(({ closedWith }) => closedWith)).toEqual([
      CLOSE.replaced,
      ...Array<undefined>(socketsPerMember - 1).fill(undefined),
    ]);
  });

  /** Posts until the channel has this many events, and answers with the length of each on the wire. */
  async function fill(client: TestClient, head: number): Promise<readonly number[]> {
    while ((await kit.store.head(channelFeed(kit.general))) < head) {
      client.say(post(kit.id(), kit.general, 'x'));
      await kit.settle(4);
    }
    const { events } = await kit.store.page(
      channelFeed(kit.general),
      { from: 1, to: head },
      { events: 1_000, bytes: 1e9 },
    );
    return events.map(({ json }) => json.length);
  }
  const range = async (client: TestClient): Promise<readonly number[]> => {
    client.clear();
    client.say({ t: 'range', req: 1, feed: channelFeed(kit.general), from: 1, to: 1_000_000_000 });
    await kit.settle();
    return client.all('page').flatMap(({ events }) => events.map(({ seq }) => seq));
  };

  test('pageEvents a page has at most, whatever was asked for', async () => {
    const client = await start({ pageEvents: 5 });
    await fill(client, 5);
    expect(await range(client)).toEqual([1, 2, 3, 4, 5]);
    await fill(client, 6);
    expect(await range(client)).toEqual([2, 3, 4, 5, 6]);
  });

  test('pageBytes a page has at most, but always one event', async () => {
    const first = await start();
    const lengths = await fill(first, 6);
    await kit.dispose();
    const lastTwo = (lengths[4] ?? 0) + (lengths[5] ?? 0);
    for (const [pageBytes, seqs] of [
      [lastTwo, [5, 6]],
      [lastTwo - 1, [6]],
      [1, [6]],
    ] as const) {
      const client = await start({ pageBytes });
      await fill(client, 6);
      expect({ pageBytes, seqs: await range(client) }).toEqual({ pageBytes, seqs });
      if (pageBytes > 1) await kit.dispose();
    }
  });

  test('farBehindEvents a client may lack and still be told each of them', async () => {
    const client = await start({ farBehindEvents: 5, pageEvents: 3 });
    await fill(client, 12);
    const feed = channelFeed(kit.general);
    const back = async (position: number): Promise<readonly number[]> => {
      const again = await kit.connect(kit.owner);
      again.hello({
        epoch: kit.store.epoch,
        positions: await heldIn(kit.store, { [feed]: position }),
      });
      await kit.settle();
      return seqsOf(again, feed);
    };
    expect(await back(7)).toEqual([8, 9, 10, 11, 12]);
    expect(await back(6)).toEqual([10, 11, 12]);
  });
});

describe('how much may wait for a slow client', () => {
  const limits = {
    outboundDropSignalsBytes: 1_000,
    outboundBehindBytes: 2_000,
    outboundCloseBytes: 3_000,
    outboundTotalBytes: 4_000,
    outboundStallMs: 10_000,
  };
  let bo: Person;
  let ada: TestClient;
  let slow: TestClient;
  async function wait(queued: number): Promise<void> {
    ada = await start(limits);
    bo = await kit.person('bo');
    slow = await kit.live(bo);
    slow.queuedBytes = queued;
    // The first thing it is sent shows that it lags.
    ada.say(post(kit.id(), kit.general, 'x'));
    await kit.settle();
    slow.clear();
  }
  const signalled = async (): Promise<number> => {
    ada.say({ t: 'typing', channel: kit.general });
    await kit.settle();
    return slow.all('typing').length;
  };
  const pushed = async (): Promise<number> => {
    ada.say(post(kit.id(), kit.general, 'x'));
    await kit.settle();
    return slow.all('events').length;
  };

  test.each([
    [0, 1],
    [1, 0],
  ])('outboundDropSignalsBytes and %i more: %i signals', async (more, count) => {
    await wait(limits.outboundDropSignalsBytes + more);
    expect(await signalled()).toBe(count);
  });

  test.each([
    [0, 1],
    [1, 0],
  ])('outboundBehindBytes and %i more: %i events pushed', async (more, count) => {
    await wait(limits.outboundBehindBytes + more);
    expect(await pushed()).toBe(count);
  });

  test.each([
    [0, undefined],
    [1, CLOSE.slow],
  ])('outboundCloseBytes and %i more: closed with %s', async (more, code) => {
    await wait(limits.outboundCloseBytes + more);
    expect(slow.closedWith).toBe(code);
  });

  test.each([
    [0, undefined],
    [1, CLOSE.slow],
  ])('outboundTotalBytes of all and %i more: the largest is closed with %s', async (more, code) => {
    await wait(2_500 + more);
    const other = await kit.live(bo);
    other.queuedBytes = limits.outboundTotalBytes - 2_500;
    ada.say(post(kit.id(), kit.general, 'x'));
    await kit.settle();
    kit.clock.advance(TURN);
    expect([slow.closedWith, other.closedWith]).toEqual([code, undefined]);
  });

  test('outboundStallMs may pass in which it takes nothing', async () => {
    await wait(10);
    kit.clock.advance(limits.outboundStallMs - TURN);
    expect(slow.closedWith).toBeUndefined();
    kit.clock.advance(2 * TURN);
    expect(slow.closedWith).toBe(CLOSE.slow);
  });
});
