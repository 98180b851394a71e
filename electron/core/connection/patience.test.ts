/** A way that cuts silent lines: what it takes to find out, what is done about it, and what is not taken for it. */
import { describe, expect, test } from 'vitest';
import { CLOSE } from '../../../protocol/close-codes.ts';
import { encodeDown } from '../../../protocol/codec.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, ok } from '../../../protocol/result.ts';
import { rig, socketOf, unreachable, WELCOME, type Rig } from '../../../test/kit/connection-rig.ts';

const { pingEveryMs, pingLeastMs } = DEFAULT_LIMITS;
const BEAT = '{"t":"beat","at":1,"heads":{},"proofs":{}}';
const MINUTE = 60_000;

/** What the newest line asked for in its hello; undefined: nothing. */
const asked = (one: Rig): number | undefined =>
  (JSON.parse(socketOf(one).sent[0] ?? '{}') as { readonly pingEveryMs?: number }).pingEveryMs;
const dials = ({ story }: Rig): number => story.filter((line) => line.includes('dial')).length;
const impatience = ({ wire }: Rig): unknown =>
  wire.state === 'live' ? wire.impatience : wire.state;

/** The relay says welcome and keeps to what it was asked; an older one (`takesWishes` false) has never heard of that. */
function welcome(one: Rig, takesWishes = true): number {
  const pause = Math.min(asked(one) ?? pingEveryMs, pingEveryMs);
  const limits = { ...WELCOME.limits, pingEveryMs: pause, ...(takesWishes ? { pingLeastMs } : {}) };
  socketOf(one).events.onText(encodeDown({ ...WELCOME, limits }));
  return pause;
}

/** The next line comes up, and is heard at each of these moments of its life. */
async function live(one: Rig, ...heardAt: readonly number[]): Promise<void> {
  await dialled(one);
  welcome(one);
  let at = 0;
  for (const next of heardAt) {
    await one.advance(next - at);
    socketOf(one).events.onText(BEAT);
    at = next;
  }
}
/** A line that has not said anything but its hello is up. */
async function dialled(one: Rig): Promise<void> {
  if (dials(one) === 0) one.connection.start();
  await one.advance(0);
  for (let tries = 0; one.wire.state === 'live' || socketOf(one).isEnded; tries++) {
    if (tries === 100) throw new Error('nothing was dialled');
    await one.advance(100);
  }
}
async function endAfter(one: Rig, silentMs: number, code = 1006): Promise<void> {
  await one.advance(silentMs);
  socketOf(one).events.onClose(code);
}

/** Time on a way that cuts what is silent for so long. What goes either way counts; the relay pings as it says. @returns lines that were cut */
async function pass(one: Rig, ms: number, cutAfterMs: number, takesWishes = true): Promise<number> {
  let cuts = 0;
  let line:
    | { readonly of: unknown; pause: number; said: number; beatAt: number; pings: number }
    | undefined;
  for (const until = one.clock.monotonic() + ms; one.clock.monotonic() < until;) {
    await one.advance(250);
    const now = one.clock.monotonic();
    const socket = one.sockets.at(-1);
    if (!socket || socket.isEnded) continue;
    if (line?.of !== socket) {
      const pause = welcome(one, takesWishes);
      line = { of: socket, pause, said: now, beatAt: now, pings: 0 };
    }
    // The slowest that a relay may be.
    if (now - line.beatAt >= 1.2 * line.pause) {
      socket.events.onText(BEAT);
      line.said = line.beatAt = now;
    }
    if (socket.pings > line.pings) [line.pings, line.said] = [socket.pings, now];
    if (now - line.said < cutAfterMs) continue;
    cuts++;
    socket.events.onClose(1006);
    line = undefined;
  }
  return cuts;
}

describe('a way that cuts silent lines', () => {
  test.each([
    [10_000, 5_000],
    [15_000, 7_000],
    [20_000, 10_000],
  ])(
    'after %i ms cuts two of them; the third asks for a ping each %i ms and stays',
    async (cutAfterMs, pause) => {
      const one = rig();
      one.answersPings = true;
      one.connection.start();
      expect(await pass(one, 20 * MINUTE, cutAfterMs)).toBe(2);
      expect(asked(one)).toBe(pause);
      expect(one.wire).toMatchObject({
        state: 'live',
        door: 'socket',
        impatience: { pingEveryMs: pause },
      });
      expect(one.sockets.map(({ sent }) => sent.length)).toEqual([1, 1, 1]);
    },
  );

  test('and whose relay is too old to be asked is kept by our own pings', async () => {
    const one = rig();
    one.answersPings = true;
    one.connection.start();
    expect(await pass(one, 20 * MINUTE, 10_000, false)).toBe(2);
    expect(asked(one)).toBeUndefined();
    expect(one.wire).toMatchObject({
      state: 'live',
      door: 'socket',
      impatience: { pingEveryMs: 5_000 },
    });
  });

  test('streams too, is tried with more pings before long polls are', async () => {
    const one = rig();
    one.next = fail({ kind: 'no-upgrade', status: null });
    one.connection.start();
    await one.advance(900);
    // Over HTTP a ping comes back whatever becomes of the stream.
    expect(await pass(one, 4 * MINUTE, 12_000)).toBe(2);
    expect([asked(one), one.wire]).toMatchObject([6_000, { state: 'live', door: 'stream' }]);
  });

  test('and whose relay has a shortest pause of its own is not asked for less', async () => {
    const one = rig();
    for (const silentMs of [10_000, 10_000]) {
      await dialled(one);
      socketOf(one).events.onText(
        encodeDown({ ...WELCOME, limits: { ...WELCOME.limits, pingLeastMs: 6_500 } }),
      );
      await endAfter(one, silentMs);
    }
    await dialled(one);
    expect(asked(one)).toBe(6_500);
  });

  test('counts as a way for WebSockets until more pings were tried, whatever went wrong before', async () => {
    const one = rig();
    one.connection.start();
    await one.advance(0);
    socketOf(one).events.onClose(1006);
    for (const silentMs of [8_000, 8_000]) {
      await live(one);
      await endAfter(one, silentMs);
    }
    await live(one);
    expect([asked(one), one.wire]).toMatchObject([5_000, { state: 'live', door: 'socket' }]);
  });

  test('streams in spite of all pings gives way to long polls', async () => {
    const one = rig();
    one.next = fail({ kind: 'no-upgrade', status: null });
    one.connection.start();
    await one.advance(900);
    const doors: unknown[] = [];
    for (let cuts = 0; cuts < 5; cuts++) {
      await live(one);
      doors.push(one.wire.state === 'live' && one.wire.door);
      await endAfter(one, 7_500);
    }
    expect(doors).toEqual(['stream', 'stream', 'stream', 'stream', 'long-poll']);
  });

  test('sooner than it seemed is asked for more again, and in the end given up for another door', async () => {
    const one = rig();
    const wishes: (number | undefined)[] = [];
    for (const silentMs of [20_000, 20_000, 11_500, 11_500, 7_500, 7_500]) {
      await live(one);
      wishes.push(asked(one));
      await endAfter(one, silentMs);
    }
    await live(one);
    expect([...wishes, asked(one)]).toEqual([
      undefined,
      undefined,
      10_000,
      10_000,
      5_000,
      5_000,
      5_000,
    ]);
    await endAfter(one, 7_500);
    await live(one);
    expect(one.wire).toMatchObject({ state: 'live', door: 'stream' });
  });

  test('is another way once the network changes, and the same after a sleep', async () => {
    const one = rig();
    for (const silentMs of [15_000, 15_000]) {
      await live(one);
      await endAfter(one, silentMs);
    }
    await live(one);
    expect(impatience(one)).toEqual({ cutAfterMs: 15_000, pingEveryMs: 7_000 });
    one.connection.wake();
    await live(one);
    expect([asked(one), impatience(one)]).toEqual([
      7_000,
      { cutAfterMs: 15_000, pingEveryMs: 7_000 },
    ]);
    one.connection.networkChanged(true);
    await live(one);
    expect([asked(one), impatience(one)]).toEqual([undefined, undefined]);
  });
});

describe('is not taken for it:', () => {
  const never = async (one: Rig): Promise<void> => {
    await live(one);
    expect([asked(one), impatience(one)]).toEqual([undefined, undefined]);
  };

  test('one cut', async () => {
    const one = rig();
    await live(one);
    await endAfter(one, 15_000);
    await never(one);
  });

  test('two cuts after silences that differ', async () => {
    const one = rig();
    for (const silentMs of [15_000, 12_000, 17_000]) {
      await live(one);
      await endAfter(one, silentMs);
    }
    await never(one);
  });

  test('a silence no longer than one that the same line lived through', async () => {
    const one = rig();
    for (let n = 0; n < 3; n++) {
      await live(one, 20_000, 22_000);
      await endAfter(one, 15_000);
    }
    await never(one);
  });

  test('a relay that cannot be reached right after', async () => {
    const one = rig();
    for (let n = 0; n < 3; n++) {
      await live(one);
      one.next = unreachable;
      await endAfter(one, 15_000);
      await one.advance(2_000);
      one.next = ok('open');
    }
    await never(one);
  });

  test.each([CLOSE.restart, CLOSE.slow, 1001])('what ended with a word (%i)', async (code) => {
    const one = rig();
    for (let n = 0; n < 3; n++) {
      await live(one);
      await endAfter(one, 15_000, code);
    }
    await never(one);
  });

  test('a lid that was shut twice, even after the same time', async () => {
    const one = rig();
    for (let n = 0; n < 3; n++) {
      await live(one);
      await endAfter(one, 15_000);
      one.connection.wake();
    }
    await never(one);
  });

  test.each([
    ['shorter than the shortest pause prevents', 6_500],
    ['longer than a ping would have let it become', 32_000],
  ])('a silence %s', async (_what, silentMs) => {
    const one = rig();
    for (let n = 0; n < 2; n++) {
      await live(one);
      await endAfter(one, silentMs);
    }
    await never(one);
  });
});

test('a relay of a cluster that is older than the others and hangs up on the wish is not asked again, and is talked to', async () => {
  const one = rig();
  for (const silentMs of [15_000, 15_000]) {
    await live(one);
    await endAfter(one, silentMs);
  }
  await dialled(one);
  expect(asked(one)).toBe(7_000);
  socketOf(one).events.onClose(CLOSE.protocolError);
  await dialled(one);
  expect(asked(one)).toBeUndefined();
  welcome(one, false);
  expect(impatience(one)).toEqual({ cutAfterMs: 15_000, pingEveryMs: 7_000 });
  // Without a wish, as ever: a person has to act.
  const other = rig();
  other.connection.start();
  await other.advance(0);
  socketOf(other).events.onClose(CLOSE.protocolError);
  expect(other.wire).toMatchObject({ state: 'stopped', why: 'protocol' });
});
