import { beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../test/kit/fake-clock.ts';
import { TICK_MS, Wheel, type Spoke } from './wheel.ts';

interface Named extends Spoke {
  readonly name: string;
}
const named = (name: string): Named => ({ name, dueTick: 0 });

let clock: FakeClock;
let wheel: Wheel<Named>;
let due: (readonly [string, number])[];
let ticks: number;
beforeEach(() => {
  clock = createFakeClock();
  due = [];
  ticks = 0;
  wheel = new Wheel<Named>({
    clock,
    onDue: (spoke) => due.push([spoke.name, clock.monotonic()]),
    onTick: () => ticks++,
  });
});

test('brings each at its moment, rounded up to the tick, never early', () => {
  wheel.set(named('late'), 1_100);
  wheel.set(named('soon'), 1);
  wheel.set(named('now'), -5);
  clock.advance(2_000);
  expect(due.map(([name]) => name).sort()).toEqual(['late', 'now', 'soon']);
  expect(Object.fromEntries(due)).toMatchObject({ soon: TICK_MS, now: TICK_MS, late: 1_250 });
});

test('brings what is due in a later round of the wheel in that round', () => {
  wheel.set(named('far'), 150_000);
  clock.advance(149_000);
  expect(due).toEqual([]);
  clock.advance(2_000);
  expect(due.map(([name]) => name)).toEqual(['far']);
});

test('brings one that was moved once, at its new moment, also when both fall into one slot', () => {
  const spoke = named('moved');
  wheel.set(spoke, 1_000);
  wheel.set(spoke, 1_000 + 256 * TICK_MS);
  clock.advance(60_000);
  expect(due).toEqual([]);
  clock.advance(60_000);
  expect(due).toHaveLength(1);
});

test('does not bring one that was dropped, and stops when nobody is on it', () => {
  const [one, two] = [named('one'), named('two')];
  wheel.set(one, 500);
  wheel.set(two, 1_000);
  wheel.drop(one);
  wheel.drop(one);
  clock.advance(1_500);
  expect(due.map(([name]) => name)).toEqual(['two']);
  expect(clock.pending).toBe(0);
  const before = ticks;
  clock.advance(10_000);
  expect(ticks).toBe(before);
  wheel.set(one, 250);
  clock.advance(500);
  expect(due.map(([name]) => name)).toEqual(['two', 'one']);
});

test('takes back what was brought, in the same turn', () => {
  const spoke = named('again');
  wheel = new Wheel<Named>({
    clock,
    onDue: (one) => {
      due.push([one.name, clock.monotonic()]);
      wheel.set(one, 1_000);
    },
    onTick: () => ticks++,
  });
  wheel.set(spoke, 1_000);
  clock.advance(5_000);
  expect(due.map(([, at]) => at)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
});

test('after the machine slept brings everybody once and goes on at its pace', () => {
  let late = 0;
  const sleepy = { ...clock, monotonic: () => clock.monotonic() + late, after: clock.after };
  wheel = new Wheel<Named>({
    clock: sleepy,
    onDue: (one) => due.push([one.name, 0]),
    onTick: () => ticks++,
  });
  for (let i = 0; i < 100; i++) wheel.set(named(`one ${i}`), 300 * i);
  late = 8 * 3_600_000;
  clock.advance(TICK_MS);
  expect(due).toHaveLength(100);
  wheel.set(named('fresh'), 1_000);
  clock.advance(750);
  expect(due).toHaveLength(100);
  clock.advance(500);
  expect(due).toHaveLength(101);
});
