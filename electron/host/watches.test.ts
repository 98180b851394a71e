import type { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { watchNetwork } from './network-watch.ts';
import { watchSleep } from './sleep-watch.ts';

type Interfaces = ReturnType<typeof networkInterfaces>;
const lo = { address: '127.0.0.1', internal: true };
const wifi = (address: string): Interfaces =>
  ({ lo: [lo], wlan0: [{ address, internal: false }] }) as unknown as Interfaces;
const none = { lo: [lo] } as unknown as Interfaces;

test('a change of addresses is told once, an unchanged network never', () => {
  const clock = createFakeClock();
  let now = wifi('10.0.0.5');
  const told: boolean[] = [];
  const stop = watchNetwork({
    interfaces: () => now,
    clock,
    onChange: (isOnline) => told.push(isOnline),
  });
  clock.advance(60_000);
  expect(told).toEqual([]);
  now = none;
  clock.advance(8_000);
  now = wifi('10.0.0.6');
  clock.advance(8_000);
  now = wifi('10.0.0.7');
  clock.advance(8_000);
  expect(told).toEqual([false, true, true]);
  stop();
  now = none;
  clock.advance(60_000);
  expect(told).toHaveLength(3);
  expect(clock.pending).toBe(0);
});

test('time that went by unwatched was sleep; time that was waited is not', () => {
  const clock = createFakeClock();
  let woke = 0;
  const stop = watchSleep({ clock, onWake: () => (woke += 1) });
  clock.advance(60_000);
  expect(woke).toBe(0);
  clock.setWall(clock.now() + 3_600_000);
  clock.advance(2_000);
  expect(woke).toBe(1);
  clock.advance(60_000);
  expect(woke).toBe(1);
  clock.setWall(clock.now() - 3_600_000);
  clock.advance(60_000);
  expect(woke).toBe(1);
  stop();
  expect(clock.pending).toBe(0);
});
