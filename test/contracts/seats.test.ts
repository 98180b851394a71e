/** The contract of the seats port, over every adapter there is. A relay alone needs none: its own rule is enough. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createRedisSeats, type RedisSeats } from '../../server/adapters/seats-redis.ts';
import { systemClock, systemRandom } from '../../server/adapters/system-clock.ts';
import { silentLog } from '../../server/observe/log.ts';
import type { Clock } from '../../server/ports/clock.ts';
import type { SeatRule, Seats } from '../../server/ports/seats.ts';
import { createFakeClock } from '../kit/fake-clock.ts';
import { bothKindsOfRedis, type RedisAddress } from '../kit/services/redis.ts';

/** A busy machine may take its time. */
const limits = { ...DEFAULT_LIMITS, budgetAnswerMs: 5_000, seatsEveryMs: 50, seatLeaseMs: 4_000 };
const OLDEST: SeatRule = { what: 'member', most: 3, gives: 'oldest' };
const NEWEST: SeatRule = { what: 'stranger', most: 3, gives: 'newest' };

interface House {
  /** One more node of the team. @param team  a number: each test has a team of its own */
  open(team: number, clock?: Clock): Promise<RedisSeats>;
  dispose(): Promise<void>;
}

const overRedis = (servers: readonly RedisAddress[], dispose: () => Promise<void>): House => ({
  async open(team, clock = systemClock) {
    const nodes = servers.map(({ host, port }) => ({ host, port })) as [
      RedisAddress,
      ...RedisAddress[],
    ];
    const seats = createRedisSeats({
      redis: { nodes },
      team: `01980000-0000-7000-8000-${String(team).padStart(12, '0')}` as TeamId,
      hide: (name) => name.replaceAll(' ', '-'),
      clock,
      random: systemRandom,
      log: silentLog,
      limits,
    });
    await expect.poll(() => seats.state).toBe('well');
    return seats;
  },
  dispose,
});

const ADAPTERS = bothKindsOfRedis(overRedis);
let teams = 0;

interface Holder {
  readonly name: string;
}

/** A node with one kind of places, and who lost theirs. */
function placesOf(seats: Seats, rule: SeatRule) {
  const lost: string[] = [];
  const places = seats.open(rule, ({ name }: Holder) => lost.push(name));
  const take = (whose: string, name: string): Holder => {
    const holder = { name };
    places.take(whose, holder);
    return holder;
  };
  return { lost, take, leave: (holder: Holder) => places.leave(holder) };
}
for (const { name, isThere, build } of ADAPTERS) {
  describe.skipIf(!isThere)(`seats between nodes (${name})`, () => {
    let house: House;
    let nodes: RedisSeats[];
    let team: number;
    /** Every node that lives has said what it had to say, and heard what others took. */
    const rounds = async (living = nodes): Promise<void> => {
      const before = new Map(living.map((node) => [node, node.counts.answered]));
      await expect
        .poll(() => [...before].every(([node, answered]) => node.counts.answered >= answered + 6))
        .toBe(true);
    };
    beforeAll(async () => {
      house = await build();
    });
    afterAll(() => house?.dispose());
    beforeEach(async () => {
      team = ++teams;
      nodes = await Promise.all([house.open(team), house.open(team), house.open(team)]);
    });
    afterEach(async () => void (await Promise.all(nodes.map((node) => node.close()))));
    const open = (rule: SeatRule) =>
      nodes.map((node) => placesOf(node, rule)) as [Places, Places, Places];
    type Places = ReturnType<typeof placesOf>;

    test('as many as may be stay; one more anywhere, and the oldest gives way wherever it is', async () => {
      const [a, b, c] = open(OLDEST);
      a.take('ada', 'first');
      await rounds();
      b.take('ada', 'second');
      await rounds();
      c.take('ada', 'third');
      await rounds();
      expect([a.lost, b.lost, c.lost]).toEqual([[], [], []]);
      c.take('ada', 'fourth');
      await expect.poll(() => a.lost).toEqual(['first']);
      c.take('ada', 'fifth');
      await expect.poll(() => b.lost).toEqual(['second']);
      c.take('ada', 'sixth');
      await expect.poll(() => c.lost).toEqual(['third']);
      await rounds();
      expect([a.lost, b.lost, c.lost]).toEqual([['first'], ['second'], ['third']]);
    });

    test('where the newest gives way, those who were there before stay', async () => {
      const [a, b] = open(NEWEST);
      for (const holder of ['1', '2']) a.take('10.0.0.7', holder);
      await rounds();
      for (const holder of ['3', '4', '5']) b.take('10.0.0.7', holder);
      await expect.poll(() => b.lost.length).toBe(2);
      await rounds();
      expect([a.lost.length, b.lost.length]).toEqual([0, 2]);
    });

    test('whoever leaves makes room, and others have their own', async () => {
      const [a, b] = open(OLDEST);
      const all = ['1', '2', '3'].map((holder) => a.take('ada', holder));
      for (const holder of ['4', '5', '6']) b.take('bo', holder);
      await rounds();
      for (const holder of all.slice(0, 2)) a.leave(holder);
      await rounds();
      for (const holder of ['7', '8']) b.take('ada', holder);
      await rounds();
      expect([a.lost, b.lost]).toEqual([[], []]);
    });

    test('whoever moves from one to another is not counted twice', async () => {
      const clock = createFakeClock();
      const both = [await house.open(team, clock), await house.open(team, clock)] as const;
      const [a, b] = both.map((node) => placesOf(node, OLDEST)) as [Places, Places];
      const round = async (): Promise<void> => {
        const before = both.map(({ counts }) => counts.answered);
        clock.advance(limits.seatsEveryMs);
        await expect
          .poll(() => both.every(({ counts }, at) => counts.answered > (before[at] ?? 0)))
          .toBe(true);
      };
      a.take('ada', 'stays');
      let moving = [a.take('ada', '1'), a.take('ada', '2')];
      for (let times = 0; times < 12; times++) {
        const [from, to] = times % 2 === 0 ? [a, b] : [b, a];
        for (const holder of moving) from.leave(holder);
        moving = [to.take('ada', '1'), to.take('ada', '2')];
        // Whatever is said in the same round comes in any order.
        for (let n = 0; n <= times % 4; n++) await round();
      }
      for (let n = 0; n < 4; n++) await round();
      expect([a.lost, b.lost]).toEqual([[], []]);
      // And now they are counted: one more, and the oldest gives way.
      b.take('ada', 'one more');
      for (let n = 0; n < 4; n++) await round();
      expect([a.lost, b.lost]).toEqual([['stays'], []]);
      for (const node of both) await node.close();
    });

    test('the same name has other seats of another kind', async () => {
      const [[a], [b]] = [open(OLDEST), open(NEWEST)];
      for (const holder of ['1', '2', '3']) {
        a.take('same', holder);
        b.take('same', holder);
      }
      await rounds();
      expect([a.lost, b.lost]).toEqual([[], []]);
    });

    test('the seats of a node that closes are free at once, those of one that dies within seatLeaseMs', async () => {
      // A clock that stands still says its seats once and renews nothing, as a dead node does.
      const clock = createFakeClock();
      const dead = await house.open(team, clock);
      const [a, b] = open(NEWEST);
      for (const holder of ['1', '2']) placesOf(dead, NEWEST).take('10.0.0.7', holder);
      for (const round of [1, 2, 3]) {
        clock.advance(limits.seatsEveryMs);
        await expect.poll(() => dead.counts.answered).toBe(round);
      }
      a.take('10.0.0.7', '3');
      await rounds();
      b.take('10.0.0.7', '4');
      await expect.poll(() => b.lost).toEqual(['4']);
      const [first, ...others] = nodes as [RedisSeats, ...RedisSeats[]];
      await first.close();
      b.take('10.0.0.7', '5');
      await rounds(others);
      expect(b.lost).toEqual(['4']);
      const from = performance.now();
      // Two of the dead node's and the fifth leave no room for a sixth, until the two are free.
      const isThereRoom = async (): Promise<boolean> => {
        const before = b.lost.length;
        b.take('10.0.0.7', 'late');
        await rounds(others);
        return b.lost.length === before;
      };
      await expect.poll(isThereRoom).toBe(true);
      expect(performance.now() - from).toBeLessThan(2 * limits.seatLeaseMs);
      expect(b.lost.length).toBeGreaterThan(1);
      await dead.close();
    });

    test('hundreds are said and taken away together', async () => {
      const [a, b] = open({ what: 'many', most: 700, gives: 'oldest' });
      for (let n = 0; n < 700; n++) a.take('ada', `a${n}`);
      await rounds();
      for (let n = 0; n < 500; n++) b.take('ada', `b${n}`);
      await expect.poll(() => a.lost.length).toBe(500);
      await rounds();
      expect([a.lost.length, b.lost.length]).toEqual([500, 0]);
    });
  });
}
