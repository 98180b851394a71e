/** Two clocks, of which one is asked over a way that may be slow. */
import { expect, test } from 'vitest';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import type { LogFields } from '../../ports/log.ts';
import { silentLog } from '../../observe/log.ts';
import { ClockWatch } from './clock-watch.ts';

function start() {
  const clock = createFakeClock();
  const told: unknown[] = [];
  const tell = (event: string, fields?: LogFields): void =>
    void told.push([event, fields?.['aheadMs']]);
  const watch = new ClockWatch({ clock, log: { ...silentLog, error: tell, info: tell } });
  /** Asks a database whose clock is behind this one's. */
  const ask = (behindMs: number, answerMs = 0): void => {
    const askedAt = clock.now();
    clock.advance(answerMs);
    watch.saw(askedAt, clock.now() - behindMs);
  };
  return { ask, told };
}

test('a difference is told once, and so is that it is over', () => {
  const { ask, told } = start();
  for (const behindMs of [0, 10_000, 10_001, 60_000, -60_000, -10_000, 0]) ask(behindMs);
  expect(told).toEqual([
    ['clock-differs', 10_001],
    ['clock-agrees', undefined],
  ]);
});

test('a clock that is behind is told as one that is ahead by less than nothing', () => {
  const { ask, told } = start();
  ask(-60_000);
  expect(told).toEqual([['clock-differs', -60_000]]);
});

test('an answer that took its time is no difference', () => {
  const { ask, told } = start();
  ask(30_000, 60_000);
  ask(0, 60_000);
  expect(told).toEqual([]);
});
