import { expect, test } from 'vitest';
import { createFakeClock } from './fake-clock.ts';
import { createNodeClock } from './node-clock.ts';

test('while a computer sleeps no timer fires; on waking those that fell due do, in order', () => {
  const world = createFakeClock();
  const node = createNodeClock({ world, stopsInSleep: false });
  const ran: string[] = [];
  node.after(10, () => ran.push('ten'));
  node.after(20, () => ran.push('twenty'));
  node.after(15, () => ran.push('never'))();
  node.after(500, () => ran.push('later'));
  node.sleep();
  world.advance(100);
  expect(ran).toEqual([]);
  node.wake();
  world.advance(0);
  expect(ran).toEqual(['ten', 'twenty']);
  world.advance(400);
  expect(ran).toEqual(['ten', 'twenty', 'later']);
});

test('where the monotonic clock stands still in sleep, timers go on where they were', () => {
  const world = createFakeClock();
  const node = createNodeClock({ world });
  const ran: number[] = [];
  node.after(20, () => ran.push(world.monotonic()));
  world.advance(5);
  node.sleep();
  world.advance(1_000);
  node.wake();
  world.advance(14);
  expect(ran).toEqual([]);
  world.advance(1);
  expect(ran).toEqual([1_020]);
});

test.each([
  [true, 40],
  [false, 140],
])('a monotonic clock that stops in sleep: %s', (stopsInSleep, expected) => {
  const world = createFakeClock();
  const node = createNodeClock({ world, stopsInSleep });
  const before = node.monotonic();
  world.advance(30);
  node.sleep();
  world.advance(100);
  expect(node.monotonic() - before).toBe(stopsInSleep ? 30 : 130);
  node.wake();
  world.advance(10);
  expect(node.monotonic() - before).toBe(expected);
});

test('a killed computer never fires a timer again, not even one that was late', () => {
  const world = createFakeClock();
  const node = createNodeClock({ world });
  let ran = 0;
  node.after(1, () => ran++);
  node.after(50, () => ran++);
  node.sleep();
  world.advance(10);
  node.kill();
  node.wake();
  node.after(1, () => ran++);
  world.advance(100);
  expect(ran).toBe(0);
});

test('a wrong wall clock changes no duration', () => {
  const world = createFakeClock(1_000);
  const node = createNodeClock({ world, skewMs: -10 });
  const before = node.monotonic();
  node.setSkew(3_600_000);
  world.advance(5);
  expect([node.now(), node.monotonic() - before]).toEqual([3_601_005, 5]);
});

test('a computer is quiet when none of its timers is due soon', () => {
  const world = createFakeClock();
  const node = createNodeClock({ world });
  const cancel = node.after(10, () => undefined);
  node.after(100, () => undefined);
  expect([node.isQuietFor(9), node.isQuietFor(10)]).toEqual([true, false]);
  cancel();
  expect(node.isQuietFor(99)).toBe(true);
  world.advance(100);
  expect(node.isQuietFor(1e9)).toBe(true);
});
