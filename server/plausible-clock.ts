/**
 * A wall clock that is checked against what the relay knows of time: the newest event in its store,
 * and the time that has passed since. While the machine's clock is far from both, the relay goes by
 * its own estimate, so that message times stay plausible, and lets nothing run out. A second clock
 * settles it: one of a member's desktop that agrees with the machine's.
 */
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';

export interface PlausibleClockParts {
  /** The machine's. */
  readonly clock: Clock;
  readonly log: Log;
  /** A clock that is off by more than this, in milliseconds, is not believed. */
  readonly limits: { readonly clockFarMs: number };
}

export interface PlausibleClock extends Clock {
  /** The machine's wall clock while it is plausible, else the estimate. Epoch ms. */
  now(): number;
  isPlausible(): boolean;
  /** Tells the time of the newest event in the store, once it is open. Zero says nothing. */
  startFrom(newestAt: number): void;
  /** Tells what a desktop's clock shows, in epoch ms. The caller knows who the member is. */
  compare(memberNow: number): void;
}

export function createPlausibleClock({
  clock,
  log,
  limits: { clockFarMs },
}: PlausibleClockParts): PlausibleClock {
  let known = { wall: clock.now(), monotonic: clock.monotonic() };
  let isOff = false;

  const estimate = (): number => known.wall + clock.monotonic() - known.monotonic;
  const believe = (wall: number, why: string): void => {
    known = { wall, monotonic: clock.monotonic() };
    if (isOff) log.info('clock-plausible', { why });
    isOff = false;
  };
  const now = (): number => {
    const wall = clock.now();
    const aheadMs = wall - estimate();
    if (Math.abs(aheadMs) <= clockFarMs) {
      believe(wall, 'clock set');
      return wall;
    }
    if (!isOff) log.warn('clock-implausible', { aheadMs: Math.round(aheadMs) });
    isOff = true;
    return Math.floor(estimate());
  };

  return {
    now,
    monotonic: () => clock.monotonic(),
    after: (ms, run) => clock.after(ms, run),
    isPlausible: () => {
      now();
      return !isOff;
    },
    startFrom(newestAt) {
      if (newestAt > 0) known = { wall: newestAt, monotonic: clock.monotonic() };
    },
    compare(memberNow) {
      now();
      const wall = clock.now();
      if (isOff && Math.abs(memberNow - wall) <= clockFarMs) believe(wall, 'a member agrees');
    },
  };
}
