/** Which door a line takes, and when: to the millisecond, on a fake clock. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import {
  rig,
  socketOf,
  unreachable,
  welcomeIt,
  type Rig,
} from '../../../test/kit/connection-rig.ts';
import { settle } from '../../../test/kit/relay-kit.ts';
import type { DialFault } from '../ports.ts';

describe('another door', () => {
  const noUpgrade: Result<'open', DialFault> = fail({ kind: 'no-upgrade', status: null });
  const keepAlive = async (one: Rig, ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 20_000) {
      await one.advance(Math.min(left, 20_000));
      socketOf(one).events.onText('{"t":"beat","at":1,"heads":{},"proofs":{}}');
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
      if (wire.state === 'reconnecting' || wire.state === 'offline')
        await one.advance(wire.retryAt - one.clock.now());
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
    expect(one.story.filter((line) => line.endsWith(' dial'))).toEqual([
      '300900 dial',
      '600900 dial',
    ]);
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
    expect(one.story).toEqual([
      '300900 dial',
      '300900 lost',
      '300900 reconnecting',
      '300900 dial',
      '300900 live',
      '300900 welcome',
    ]);
    expect(one.wire).toMatchObject({ door: 'socket' });
  });

  test.each(['wake', 'network'] as const)(
    'after %s a WebSocket is tried first; one failure leads back',
    async (what) => {
      const one = await behindProxy();
      one.story.length = 0;
      if (what === 'wake') one.connection.wake();
      else one.connection.networkChanged(true);
      await settle();
      expect(one.story.filter((line) => line.includes('dial'))).toEqual([
        '900 dial',
        '900 dial stream',
      ]);
      one.next = ok('open');
      one.connection.wake();
      await settle();
      welcomeIt(one);
      expect(one.wire).toMatchObject({ state: 'live', door: 'socket' });
    },
  );

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
    expect(one.story).toEqual([
      '0 connecting',
      '0 dial',
      '3000 dial stream',
      '3000 dial stream',
      '3000 live',
      '3000 welcome',
    ]);
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
    expect(dials(one)).toEqual([
      '0 dial',
      '3000 dial stream',
      '20300 dial',
      '23300 dial stream',
      '40900 dial',
      '43900 dial stream',
    ]);
    expect(one.wire.state).toBe('offline');
  });

  test('is given up for a relay that wants another token, too', async () => {
    const one = swallowed();
    one.atDoors = fail({ kind: 'refused', status: 401, retryAfterMs: null });
    one.renewal = fail({ kind: 'ended' });
    await one.advance(3_000);
    expect(one.story.slice(1)).toEqual([
      '0 dial',
      '3000 dial stream',
      '3000 dial stream',
      '3000 renew',
      '3000 stopped session-ended',
    ]);
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
    welcomeIt(one, one.sockets[0]);
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

  test.each([1006, 1000, 1011, 4009])(
    'but is cut with %i as soon as it opens, gives way the third time',
    async (code) => {
      const one = rig();
      one.connection.start();
      for (let cuts = 0; cuts < 3; cuts++) {
        await one.advance(cuts === 0 ? 0 : 600);
        socketOf(one).events.onClose(code);
      }
      await settle();
      expect(dials(one)).toEqual(['0 dial', '300 dial', '1200 dial', '1200 dial stream']);
    },
  );

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
      expect(one.story).toEqual([
        '0 connecting',
        '0 dial',
        '0 offline',
        '300 dial',
        '900 dial',
        '2100 dial',
        '4500 dial',
      ]);
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
