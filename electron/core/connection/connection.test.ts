/** The line on a fake clock: what happens at which millisecond, with a network that does as it is told. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import { rig, socketOf, unreachable, welcomeIt } from '../../../test/kit/connection-rig.ts';
import { settle } from '../../../test/kit/relay-kit.ts';
import type { DialFault } from '../ports.ts';

describe('coming up', () => {
  test('it says hello first, and is live when the relay says welcome', async () => {
    const one = rig();
    one.connection.start();
    await settle();
    expect(JSON.parse(socketOf(one).sent[0] ?? '')).toMatchObject({ t: 'hello' });
    expect(one.connection.send({ t: 'presence', presence: 'here' })).toBe(false);
    welcomeIt(one);
    expect(one.story).toEqual(['0 connecting', '0 dial', '0 live', '0 welcome']);
    expect(one.wire).toEqual({
      state: 'live',
      rttMs: null,
      node: 'n1',
      isCatchingUp: true,
      door: 'socket',
    });
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
    expect(one.story).toEqual([
      '0 lost',
      '0 reconnecting',
      '300 dial',
      '900 dial',
      '2100 dial',
      '2100 offline',
      '4500 dial',
      '9300 dial',
    ]);
  });

  test('each two seconds of health make up for one failure', async () => {
    const one = rig();
    one.next = unreachable;
    one.connection.start();
    await one.advance(9_300);
    one.next = ok('open');
    await one.advance(9_600);
    welcomeIt(one);
    await one.advance(7_999);
    const short = one.clock.monotonic();
    socketOf(one).events.onClose(1006);
    // Six failures, three of them made up for.
    expect(one.wire).toMatchObject({ retryAt: short + 2_400 });
    await one.advance(2_400);
    welcomeIt(one);
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

  test.each([1000, 1001, 1006, 1012, 4000, 4008, 4499])(
    'after close code %i it comes back',
    async (code) => {
      const one = rig();
      await one.live();
      socketOf(one).events.onClose(code);
      expect(one.wire.state).toBe('reconnecting');
    },
  );

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
    welcomeIt(one);
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
    welcomeIt(one, old);
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
  const unauthorized: Result<'open', DialFault> = fail({
    kind: 'refused',
    status: 401,
    retryAfterMs: null,
  });

  test('after a 401 the token is renewed once and the line tried again with the new one', async () => {
    const one = rig();
    one.next = unauthorized;
    one.connection.start();
    await settle();
    expect(one.story).toEqual([
      '0 connecting',
      '0 dial',
      '0 renew',
      '0 dial',
      '0 stopped session-ended',
    ]);
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
    expect(one.wire).toEqual({
      state: 'stopped',
      why: 'key-changed',
      expectedKey: 'aa',
      seenKey: 'bb',
    });
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
    welcomeIt(one);
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
