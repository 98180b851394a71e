/** The line on a fake clock: what happens at which millisecond, with a network that does as it is told. */
import { describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import { settle } from '../../../test/kit/relay-kit.ts';
import { encodeDown } from '../../../protocol/codec.ts';
import type { Down } from '../../../protocol/frames-down.ts';
import type { Epoch, MemberId, SessionId } from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { Wire } from '../../bridge/views.ts';
import type { DialFault, RelayNet, RelaySocket, SocketEvents } from '../ports.ts';
import { createConnection, type Connection } from './connection.ts';
import type { RenewFault } from './machine.ts';

interface FakeSocket {
  readonly events: SocketEvents;
  readonly sent: string[];
  isEnded: boolean;
  pings: number;
}

interface Rig {
  readonly clock: FakeClock;
  readonly connection: Connection;
  readonly sockets: FakeSocket[];
  /** What happened, each with its millisecond. */
  readonly story: string[];
  /** The token each dial brought. */
  readonly tokens: string[];
  /** What comes of dialling a WebSocket; `swallowed`: nothing, after the upgrade was sent. */
  next: Result<'open', DialFault> | 'swallowed';
  /** The same at the other doors. */
  atDoors: Result<'open', DialFault>;
  answersPings: boolean;
  /** Holds the next dials back. */
  opening: Promise<undefined> | undefined;
  renewal: Result<string, RenewFault>;
  readonly wire: Wire;
  live(): Promise<void>;
  advance(ms: number): Promise<void>;
}

const WELCOME: Down<'welcome'> = {
  t: 'welcome',
  version: 1,
  epoch: '0'.repeat(32) as Epoch,
  team: { id: 't', name: 'Team', createdAt: 0 },
  member: '00000000-0000-0000-0000-000000000001' as MemberId,
  session: '00000000-0000-0000-0000-000000000002' as SessionId,
  node: 'n1',
  at: 0,
  heads: {},
  accessExpiresInMs: 600_000,
  limits: { textBytes: 16_384, pageEvents: 200, sendsPerSecond: 10, sendsBurst: 30, pingEveryMs: 25_000 },
};

function rig(): Rig {
  const clock = createFakeClock(0);
  const sockets: FakeSocket[] = [];
  const story: string[] = [];
  const tokens: string[] = [];
  const tell = (what: string): void => void story.push(`${clock.monotonic()} ${what}`);
  const net: Pick<RelayNet, 'dial'> = {
    dial: async (_target, token, events, door = 'socket', signal) => {
      tell(door === 'socket' ? 'dial' : `dial ${door}`);
      tokens.push(token);
      const next = door === 'socket' ? self.next : self.atDoors;
      if (next === 'swallowed') {
        events.onReached?.();
        return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(fail({ kind: 'unreachable' }))));
      }
      if (!next.ok) return next;
      if (door === 'socket') events.onReached?.();
      const socket: FakeSocket = { events, sent: [], isEnded: false, pings: 0 };
      sockets.push(socket);
      await self.opening;
      const port: RelaySocket = {
        send: (text) => void socket.sent.push(text),
        ping: () => {
          socket.pings++;
          if (self.answersPings) events.onPong();
        },
        terminate: () => void (socket.isEnded = true),
      };
      return ok(port);
    },
  };
  let access = 'first';
  let last: Wire | undefined;
  const connection = createConnection({
    clock,
    random: { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 },
    net: net as RelayNet,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    target: () => ({ address: 'relay:7420', fingerprint: null }),
    access: async () => ok(access),
    renew: async () => {
      tell('renew');
      if (self.renewal.ok) access = self.renewal.value;
      return self.renewal;
    },
    hello: () => ({ t: 'hello', versions: { min: 1, max: 1 }, epoch: null, positions: {}, focus: null, presence: 'here' }),
    onWelcome: () => tell('welcome'),
    onFrame: (frame) => tell(`frame ${frame.t}`),
    onLost: () => tell('lost'),
    onWire: (wire) => {
      if (wire.state !== last?.state) tell(wire.state === 'stopped' ? `stopped ${wire.why}` : wire.state);
      last = wire;
    },
    onBroken: () => tell('broken'),
  });
  const self: Rig = {
    clock,
    connection,
    sockets,
    story,
    tokens,
    next: ok('open'),
    atDoors: ok('open'),
    answersPings: false,
    opening: undefined,
    renewal: ok('second'),
    get wire() {
      return connection.wire;
    },
    live: async () => {
      connection.start();
      await settle();
      sockets.at(-1)?.events.onText(encodeDown(WELCOME));
      story.length = 0;
    },
    advance: async (ms) => {
      await settle();
      const until = clock.monotonic() + ms;
      for (let at = clock.nextAt; at !== undefined && at <= until; at = clock.nextAt) {
        clock.runNext();
        await settle();
      }
      clock.advance(until - clock.monotonic());
      await settle();
    },
  };
  return self;
}

const socketOf = ({ sockets }: Rig): FakeSocket => {
  const socket = sockets.at(-1);
  if (!socket) throw new Error('nothing was dialled');
  return socket;
};
const unreachable: Result<'open', DialFault> = fail({ kind: 'unreachable' });

describe('coming up', () => {
  test('it says hello first, and is live when the relay says welcome', async () => {
    const one = rig();
    one.connection.start();
    await settle();
    expect(JSON.parse(socketOf(one).sent[0] ?? '')).toMatchObject({ t: 'hello' });
    expect(one.connection.send({ t: 'presence', presence: 'here' })).toBe(false);
    socketOf(one).events.onText(encodeDown(WELCOME));
    expect(one.story).toEqual(['0 connecting', '0 dial', '0 live', '0 welcome']);
    expect(one.wire).toEqual({ state: 'live', rttMs: null, node: 'n1', isCatchingUp: true, door: 'socket' });
    socketOf(one).events.onText('{"t":"caught-up"}');
    expect(one.wire).toMatchObject({ isCatchingUp: false });
    expect(one.connection.send({ t: 'presence', presence: 'here' })).toBe(true);
  });

  test('the round trip is measured after the welcome and then every 25 s', async () => {
    const one = rig();
    await one.live();
    const socket = socketOf(one);
    expect(socket.pings).toBe(1);
    await one.advance(12);
    socket.events.onPong();
    expect(one.wire).toMatchObject({ rttMs: 12 });
    await one.advance(25_000 - 12);
    expect(socket.pings).toBe(2);
    await one.advance(7);
    socket.events.onPong();
    expect(one.wire).toMatchObject({ rttMs: 7 });
  });

  test('a relay that accepts, answers a ping and then says nothing is given up after 20 s, and asked nowhere else', async () => {
    const one = rig();
    one.connection.start();
    await one.advance(2_000);
    expect(socketOf(one).pings).toBe(1);
    socketOf(one).events.onPong();
    await one.advance(18_000);
    expect(one.story).toEqual(['0 connecting', '0 dial', '20000 offline']);
    expect(socketOf(one).isEnded).toBe(true);
  });
});

describe('going away', () => {
  test('attempts back off under a doubling ceiling and the wire says when it tries again', async () => {
    const one = rig();
    one.next = unreachable;
    one.connection.start();
    await settle();
    expect(one.wire).toEqual({ state: 'offline', retryAt: 300, attempt: 1 });
    await one.advance(10_000);
    expect(one.story.filter((line) => line.endsWith('dial'))).toEqual([
      '0 dial',
      '300 dial',
      '900 dial',
      '2100 dial',
      '4500 dial',
      '9300 dial',
    ]);
  });

  test('a line that was live is reconnecting first and offline after three failures', async () => {
    const one = rig();
    await one.live();
    one.next = unreachable;
    socketOf(one).events.onClose(1006);
    await one.advance(10_000);
    expect(one.story).toEqual(['0 lost', '0 reconnecting', '300 dial', '900 dial', '2100 dial', '2100 offline', '4500 dial', '9300 dial']);
  });

  test('each two seconds of health make up for one failure', async () => {
    const one = rig();
    one.next = unreachable;
    one.connection.start();
    await one.advance(9_300);
    one.next = ok('open');
    await one.advance(9_600);
    socketOf(one).events.onText(encodeDown(WELCOME));
    await one.advance(7_999);
    const short = one.clock.monotonic();
    socketOf(one).events.onClose(1006);
    // Six failures, three of them made up for.
    expect(one.wire).toMatchObject({ retryAt: short + 2_400 });
    await one.advance(2_400);
    socketOf(one).events.onText(encodeDown(WELCOME));
    await one.advance(8_000);
    const long = one.clock.monotonic();
    socketOf(one).events.onClose(1006);
    expect(one.wire).toMatchObject({ retryAt: long + 300 });
  });

  test('clientSilenceMs without a sign of life end the line, and any sign of life puts that off', async () => {
    const one = rig();
    await one.live();
    await one.advance(DEFAULT_LIMITS.clientSilenceMs - 1_000);
    socketOf(one).events.onPong();
    await one.advance(DEFAULT_LIMITS.clientSilenceMs - 1);
    expect(one.wire.state).toBe('live');
    await one.advance(1);
    expect(one.wire.state).toBe('reconnecting');
    expect(one.sockets[0]?.isEnded).toBe(true);
  });

  test('an answer that is missing for too long is a dead line', async () => {
    const one = rig();
    await one.live();
    one.connection.giveUp();
    expect(one.story).toEqual(['0 lost', '0 reconnecting']);
    expect(one.sockets[0]?.isEnded).toBe(true);
  });

  test('a relay that goes down says when to come back, and is obeyed', async () => {
    const one = rig();
    await one.live();
    socketOf(one).events.onText('{"t":"drain","afterMs":4000}');
    expect(one.wire).toMatchObject({ state: 'reconnecting', retryAt: 4_000 });
    await one.advance(4_000);
    expect(one.story).toEqual(['0 lost', '0 reconnecting', '4000 dial']);
  });

  test('so is a refused upgrade that names a delay', async () => {
    const one = rig();
    one.next = fail({ kind: 'refused', status: 503, retryAfterMs: 20_000 });
    one.connection.start();
    await settle();
    expect(one.wire).toMatchObject({ retryAt: 20_500 });
  });

  test.each([1000, 1001, 1006, 1012, 4000, 4008, 4499])('after close code %i it comes back', async (code) => {
    const one = rig();
    await one.live();
    socketOf(one).events.onClose(code);
    expect(one.wire.state).toBe('reconnecting');
  });

  test.each([
    [4501, 'session-ended'],
    [4502, 'version'],
    [4503, 'protocol'],
    [4999, 'protocol'],
  ])('after close code %i it stops', async (code, why) => {
    const one = rig();
    await one.live();
    socketOf(one).events.onClose(code);
    await one.advance(3_600_000);
    expect(one.wire).toEqual({ state: 'stopped', why });
    expect(one.story.filter((line) => line.endsWith('dial'))).toEqual([]);
  });
});

describe('waking up', () => {
  test('a live line is replaced at once after sleep and after a network change', async () => {
    const one = rig();
    await one.live();
    one.connection.wake();
    await settle();
    expect(one.sockets.map((socket) => socket.isEnded)).toEqual([true, false]);
    socketOf(one).events.onText(encodeDown(WELCOME));
    one.connection.networkChanged(true);
    await settle();
    expect(one.sockets.map((socket) => socket.isEnded)).toEqual([true, true, false]);
  });

  test('a waiting line tries at once when the person asks', async () => {
    const one = rig();
    one.next = unreachable;
    one.connection.start();
    await one.advance(9_300);
    one.next = ok('open');
    one.connection.retry();
    await settle();
    expect(one.story.at(-1)).toBe('9300 dial');
  });

  test('without a network the wire says offline, and it still tries', async () => {
    const one = rig();
    await one.live();
    one.next = unreachable;
    one.connection.networkChanged(false);
    expect(one.wire.state).toBe('offline');
    await one.advance(60_000);
    expect(one.story.filter((line) => line.endsWith('dial')).length).toBeGreaterThan(1);
    expect(one.wire.state).toBe('offline');
  });

  test('what an old socket still says is ignored', async () => {
    const one = rig();
    await one.live();
    const old = socketOf(one);
    one.connection.wake();
    await settle();
    one.story.length = 0;
    old.events.onText('{"t":"caught-up"}');
    old.events.onText(encodeDown(WELCOME));
    old.events.onPong();
    old.events.onClose(4501);
    expect(one.story).toEqual([]);
    expect(one.wire.state).toBe('reconnecting');
  });

  test('a socket that opens after its attempt was given up is ended unheard', async () => {
    const one = rig();
    const late = Promise.withResolvers<undefined>();
    one.opening = late.promise;
    one.connection.start();
    await settle();
    one.opening = undefined;
    one.connection.wake();
    await settle();
    late.resolve(undefined);
    await settle();
    expect(one.sockets.map((socket) => [socket.isEnded, socket.sent.length])).toEqual([
      [true, 0],
      [false, 1],
    ]);
  });
});

describe('tokens and trust', () => {
  const unauthorized: Result<'open', DialFault> = fail({ kind: 'refused', status: 401, retryAfterMs: null });

  test('after a 401 the token is renewed once and the line tried again with the new one', async () => {
    const one = rig();
    one.next = unauthorized;
    one.connection.start();
    await settle();
    expect(one.story).toEqual(['0 connecting', '0 dial', '0 renew', '0 dial', '0 stopped session-ended']);
    expect(one.tokens).toEqual(['first', 'second']);
  });

  test('a refresh that is refused ends it without another dial', async () => {
    const one = rig();
    one.next = unauthorized;
    one.renewal = fail({ kind: 'ended' });
    one.connection.start();
    await settle();
    expect(one.story).toEqual(['0 connecting', '0 dial', '0 renew', '0 stopped session-ended']);
    one.connection.wake();
    one.connection.networkChanged(true);
    one.connection.retry();
    await settle();
    expect(one.tokens).toEqual(['first']);
  });

  test('a refresh that does not get through is tried again later', async () => {
    const one = rig();
    one.next = unauthorized;
    one.renewal = fail({ kind: 'unreachable' });
    one.connection.start();
    await settle();
    expect(one.wire).toMatchObject({ state: 'offline', attempt: 1 });
  });

  test('another key is a hard stop that names both keys', async () => {
    const one = rig();
    one.next = fail({ kind: 'key-mismatch', expected: 'aa', seen: 'bb' });
    one.connection.start();
    await one.advance(3_600_000);
    expect(one.story).toEqual(['0 connecting', '0 dial', '0 stopped key-changed']);
    expect(one.wire).toEqual({ state: 'stopped', why: 'key-changed', expectedKey: 'aa', seenKey: 'bb' });
  });

  test('a captive portal is named and not stormed; a change of network looks again', async () => {
    const one = rig();
    one.next = fail({ kind: 'not-a-relay' });
    one.connection.start();
    await one.advance(3_600_000);
    expect(one.story).toEqual(['0 connecting', '0 dial', '0 stopped not-a-relay']);
    one.next = ok('open');
    one.connection.networkChanged(true);
    await settle();
    socketOf(one).events.onText(encodeDown(WELCOME));
    expect(one.wire.state).toBe('live');
  });

  test('signed out, nothing brings the line back but a start', async () => {
    const one = rig();
    await one.live();
    one.connection.stop('signed-out');
    one.connection.retry();
    one.connection.wake();
    await one.advance(60_000);
    expect(one.wire).toEqual({ state: 'stopped', why: 'signed-out' });
    expect(one.clock.pending).toBe(0);
    one.connection.start();
    await settle();
    expect(one.sockets.length).toBe(2);
  });
});

describe('another door', () => {
  const noUpgrade: Result<'open', DialFault> = fail({ kind: 'no-upgrade', status: null });
  const welcomeIt = (one: Rig): void => socketOf(one).events.onText(encodeDown(WELCOME));
  const keepAlive = async (one: Rig, ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 20_000) {
      await one.advance(Math.min(left, 20_000));
      socketOf(one).events.onText('{"t":"beat","at":1,"heads":{}}');
    }
  };
  /** Live over HTTP, 900 ms after the start. */
  const behindProxy = async (): Promise<Rig> => {
    const one = rig();
    one.next = noUpgrade;
    one.connection.start();
    await one.advance(900);
    welcomeIt(one);
    return one;
  };

  test('is taken after the third upgrade that does not come through, and is named', async () => {
    const one = await behindProxy();
    expect(one.story).toEqual([
      '0 connecting',
      '0 dial',
      '0 offline',
      '300 dial',
      '900 dial',
      '900 dial stream',
      '900 live',
      '900 welcome',
    ]);
    expect(one.wire).toMatchObject({ state: 'live', door: 'stream' });
  });

  test('is not taken when the relay does not answer at all', async () => {
    const one = rig();
    one.next = unreachable;
    one.connection.start();
    await one.advance(60_000);
    expect(one.story.filter((line) => line.includes('stream'))).toEqual([]);
  });

  test('a stream in which nothing comes after its beginning, twice in a row, gives way to long polls', async () => {
    const one = await behindProxy();
    const doors: string[] = [];
    for (let stalls = 0; stalls < 3; stalls++) {
      if (one.wire.state === 'live') doors.push(one.wire.door);
      await one.advance(25_000);
      // Pings go by a way of their own.
      socketOf(one).events.onPong();
      await one.advance(DEFAULT_LIMITS.clientSilenceMs - 25_000);
      socketOf(one).events.onClose(1006);
      const { wire } = one;
      if (wire.state === 'reconnecting') await one.advance(wire.retryAt - one.clock.now());
      welcomeIt(one);
    }
    expect(doors).toEqual(['stream', 'stream', 'long-poll']);
  });

  test('a stream of a relay that is slow to say welcome has 20 s more once anything came', async () => {
    const one = rig();
    one.next = noUpgrade;
    one.connection.start();
    await one.advance(900);
    socketOf(one).events.onSign?.();
    await one.advance(3_000 + 19_999);
    expect(one.story.at(-1)).toBe('900 dial stream');
    await one.advance(1);
    expect(one.story.at(-1)).toBe('23900 dial long-poll');
  });

  test('a stream that lets nothing through within 3 s gives way to long polls', async () => {
    const one = rig();
    one.next = noUpgrade;
    one.connection.start();
    await one.advance(3_900);
    expect(one.story.at(-1)).toBe('3900 dial long-poll');
    expect(one.sockets.map((socket) => socket.isEnded)).toEqual([true, false]);
    welcomeIt(one);
    expect(one.wire).toMatchObject({ state: 'live', door: 'long-poll' });
  });

  test('a door that is cut twice soon after it was live gives way to the next, down to polls', async () => {
    const one = await behindProxy();
    const doors: string[] = [];
    for (let cuts = 0; cuts < 6; cuts++) {
      if (one.wire.state === 'live') doors.push(one.wire.door);
      await one.advance(10_000);
      socketOf(one).events.onClose(1006);
      const { wire } = one;
      if (wire.state === 'reconnecting' || wire.state === 'offline') await one.advance(wire.retryAt - one.clock.now());
      welcomeIt(one);
    }
    expect(doors).toEqual(['stream', 'stream', 'long-poll', 'long-poll', 'poll', 'poll']);
  });

  test('a WebSocket is tried beside it after five minutes, and the line stays as it is while that fails', async () => {
    const one = await behindProxy();
    one.story.length = 0;
    await keepAlive(one, 299_999);
    expect(one.story.filter((line) => line.endsWith(' dial'))).toEqual([]);
    await one.advance(1);
    expect(one.story.at(-1)).toBe('300900 dial');
    expect(one.wire).toMatchObject({ state: 'live', door: 'stream' });
    await keepAlive(one, 300_000);
    expect(one.story.filter((line) => line.endsWith(' dial'))).toEqual(['300900 dial', '600900 dial']);
    expect(one.story).not.toContain('lost');
  });

  test('it returns to the WebSocket when that comes through', async () => {
    const one = await behindProxy();
    await keepAlive(one, 299_999);
    one.story.length = 0;
    one.next = ok('open');
    one.answersPings = true;
    await one.advance(1);
    welcomeIt(one);
    expect(one.story).toEqual(['300900 dial', '300900 lost', '300900 reconnecting', '300900 dial', '300900 live', '300900 welcome']);
    expect(one.wire).toMatchObject({ door: 'socket' });
  });

  test.each(['wake', 'network'] as const)('after %s a WebSocket is tried first; one failure leads back', async (what) => {
    const one = await behindProxy();
    one.story.length = 0;
    if (what === 'wake') one.connection.wake();
    else one.connection.networkChanged(true);
    await settle();
    expect(one.story.filter((line) => line.includes('dial'))).toEqual(['900 dial', '900 dial stream']);
    one.next = ok('open');
    one.connection.wake();
    await settle();
    welcomeIt(one);
    expect(one.wire).toMatchObject({ state: 'live', door: 'socket' });
  });

  test('a WebSocket that opens and answers no ping is none to return to', async () => {
    const one = await behindProxy();
    await keepAlive(one, 299_999);
    one.story.length = 0;
    one.next = ok('open');
    const [before] = one.sockets;
    await one.advance(5_001);
    expect(one.story).toEqual(['300900 dial']);
    expect(one.wire).toMatchObject({ state: 'live', door: 'stream' });
    expect(one.sockets.map((socket) => [socket === before, socket.isEnded])).toEqual([
      [true, false],
      [false, true],
    ]);
  });
});

describe('a WebSocket that does not come up', () => {
  const welcomeIt = (one: Rig): void => socketOf(one).events.onText(encodeDown(WELCOME));
  const dials = ({ story }: Rig): string[] => story.filter((line) => line.includes('dial'));
  const swallowed = (): Rig => {
    const one = rig();
    one.next = 'swallowed';
    one.connection.start();
    return one;
  };

  test('has a relay asked beside it after 3 s; the one that answers carries the line', async () => {
    const one = swallowed();
    await one.advance(3_000);
    welcomeIt(one);
    expect(one.story).toEqual(['0 connecting', '0 dial', '3000 dial stream', '3000 dial stream', '3000 live', '3000 welcome']);
    expect(one.wire).toMatchObject({ state: 'live', door: 'stream' });
  });

  test('and that came up before on this way has 5 s, since a relay that is met by all at once is slow', async () => {
    const one = rig();
    await one.live();
    await one.advance(10_000);
    one.next = 'swallowed';
    socketOf(one).events.onClose(1006);
    await one.advance(300 + 4_999);
    expect(dials(one)).toEqual(['10300 dial']);
    await one.advance(1);
    expect(dials(one)).toEqual(['10300 dial', '15300 dial stream', '15300 dial stream']);
  });

  test('is waited for where nothing else answers either, with one question beside each attempt', async () => {
    const one = swallowed();
    one.atDoors = fail({ kind: 'unreachable' });
    await one.advance(60_000);
    expect(dials(one)).toEqual(['0 dial', '3000 dial stream', '20300 dial', '23300 dial stream', '40900 dial', '43900 dial stream']);
    expect(one.wire.state).toBe('offline');
  });

  test('is given up for a relay that wants another token, too', async () => {
    const one = swallowed();
    one.atDoors = fail({ kind: 'refused', status: 401, retryAfterMs: null });
    one.renewal = fail({ kind: 'ended' });
    await one.advance(3_000);
    expect(one.story.slice(1)).toEqual(['0 dial', '3000 dial stream', '3000 dial stream', '3000 renew', '3000 stopped session-ended']);
  });

  test('and opens while a relay is being asked beside it, is kept', async () => {
    const one = rig();
    const [open, answer] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    one.opening = open.promise;
    one.connection.start();
    await one.advance(2_999);
    one.opening = answer.promise;
    await one.advance(1);
    expect(dials(one)).toEqual(['0 dial', '3000 dial stream']);
    one.opening = undefined;
    open.resolve(undefined);
    await settle();
    answer.resolve(undefined);
    await settle();
    expect(one.sockets.map(({ isEnded }) => isEnded)).toEqual([false, true]);
    one.sockets[0]?.events.onText(encodeDown(WELCOME));
    expect(one.wire).toMatchObject({ state: 'live', door: 'socket' });
  });

  test('but opens, and over which nothing comes, is pinged after 2 s and given up a second later', async () => {
    const one = rig();
    one.connection.start();
    await one.advance(2_999);
    expect([dials(one), one.sockets[0]?.pings]).toEqual([['0 dial'], 1]);
    await one.advance(1);
    welcomeIt(one);
    expect(dials(one)).toEqual(['0 dial', '3000 dial stream', '3000 dial stream']);
    expect(one.sockets[0]?.isEnded).toBe(true);
    expect(one.wire).toMatchObject({ state: 'live', door: 'stream' });
  });

  test.each([1006, 1000, 1011, 4009])('but is cut with %i as soon as it opens, gives way the third time', async (code) => {
    const one = rig();
    one.connection.start();
    for (let cuts = 0; cuts < 3; cuts++) {
      await one.advance(cuts === 0 ? 0 : 600);
      socketOf(one).events.onClose(code);
    }
    await settle();
    expect(dials(one)).toEqual(['0 dial', '300 dial', '1200 dial', '1200 dial stream']);
  });

  test('and is cut soon after it was live gives way the third time; to return, one more cut leads back', async () => {
    const one = rig();
    const cut = async (): Promise<void> => {
      welcomeIt(one);
      await one.advance(100);
      socketOf(one).events.onClose(1006);
      const { wire } = one;
      if (wire.state === 'reconnecting') await one.advance(wire.retryAt - one.clock.now());
      await settle();
    };
    one.connection.start();
    await settle();
    for (let cuts = 0; cuts < 3; cuts++) await cut();
    expect(dials(one)).toEqual(['0 dial', '400 dial', '1100 dial', '1200 dial stream']);
    welcomeIt(one);
    one.story.length = 0;
    one.connection.wake();
    await settle();
    await cut();
    expect(dials(one)).toEqual(['1200 dial', '1300 dial stream']);
  });

  test('because its relay goes away again and again is dialled again and again, and nothing else', async () => {
    const one = rig();
    one.connection.start();
    await settle();
    for (let n = 0; n < 6; n++) {
      welcomeIt(one);
      await one.advance(100);
      one.next = unreachable;
      socketOf(one).events.onClose(1006);
      const before = dials(one).length;
      while (dials(one).length === before) await one.advance(100);
      one.next = ok('open');
      while (dials(one).length === before + 1) await one.advance(100);
    }
    expect(dials(one).filter((line) => line.includes('stream'))).toEqual([]);
  });

  test('and came through for 10 s in between is a good one: the count begins anew', async () => {
    const one = rig();
    one.connection.start();
    await settle();
    for (const [n, ms] of [100, 100, 10_000, 100, 100].entries()) {
      expect(dials(one)).toHaveLength(n + 1);
      welcomeIt(one);
      await one.advance(ms);
      socketOf(one).events.onClose(1006);
      while (dials(one).length === n + 1) await one.advance(100);
    }
    expect(dials(one).filter((line) => line.includes('stream'))).toEqual([]);
  });

  test.each([401, 403, 502, 503])(
    'because something answers with %i where no relay can be heard is tried again, and no token is renewed',
    async (status) => {
      const one = rig();
      one.next = fail({ kind: 'answered-for', status, retryAfterMs: null });
      one.connection.start();
      await one.advance(5_000);
      expect(one.story).toEqual(['0 connecting', '0 dial', '0 offline', '300 dial', '900 dial', '2100 dial', '4500 dial']);
    },
  );

  test('because something names a delay in the place of the relay is tried after it', async () => {
    const one = rig();
    one.next = fail({ kind: 'answered-for', status: 503, retryAfterMs: 7_000 });
    one.connection.start();
    await settle();
    expect(one.wire).toMatchObject({ retryAt: 7_500 });
  });
});
