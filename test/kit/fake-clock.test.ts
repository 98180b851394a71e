import { expect, test } from 'vitest';
import { createFakeClock } from './fake-clock.ts';
import { createSeededRandom } from './seeded-random.ts';

test('timers run in the order of their moment, then of their setting', () => {
  const clock = createFakeClock(0);
  const ran: string[] = [];
  const note = (name: string) => () => void ran.push(`${name}@${clock.monotonic()}`);
  clock.after(20, note('late'));
  clock.after(10, note('first'));
  clock.after(10, note('second'));
  clock.after(10, note('never'))();
  clock.after(30, note('beyond'));
  clock.after(5, () => clock.after(1, note('set on the way')));
  clock.advance(20);
  expect(ran).toEqual(['set on the way@6', 'first@10', 'second@10', 'late@20']);
  expect([clock.monotonic(), clock.pending, clock.nextAt]).toEqual([20, 1, 30]);
});

test('a thousand timers come out sorted, whatever was cancelled between', () => {
  const random = createSeededRandom('heap');
  const clock = createFakeClock(0);
  const ran: number[] = [];
  const expected: number[] = [];
  for (let n = 0; n < 1_000; n++) {
    const at = Math.floor(random.fraction() * 500);
    const cancel = clock.after(at, () => ran.push(at));
    if (random.fraction() < 0.3) cancel();
    else expected.push(at);
  }
  expect(clock.pending).toBe(expected.length);
  while (clock.runNext());
  expect(ran).toEqual(expected.toSorted((a, b) => a - b));
  expect(clock.pending).toBe(0);
});

test('running one timer moves the clock to it and no further', () => {
  const clock = createFakeClock(1_000);
  clock.after(7, () => undefined);
  clock.after(9, () => undefined);
  expect(clock.runNext()).toBe(true);
  expect([clock.now(), clock.monotonic(), clock.pending]).toEqual([1_007, 7, 1]);
});

test('cancelling late or twice does nothing', () => {
  const clock = createFakeClock();
  const cancel = clock.after(1, () => undefined);
  clock.after(2, () => undefined);
  clock.advance(1);
  cancel();
  cancel();
  expect(clock.pending).toBe(1);
});

test('the wall clock jumps alone', () => {
  const clock = createFakeClock(1_000);
  clock.after(10, () => undefined);
  clock.setWall(-50_000);
  expect([clock.now(), clock.monotonic(), clock.nextAt]).toEqual([-50_000, 0, 10]);
  clock.advance(10);
  expect([clock.now(), clock.monotonic()]).toEqual([-49_990, 10]);
});
