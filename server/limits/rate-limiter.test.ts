import { expect, test } from 'vitest';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { RateLimiter, type Allowance } from './rate-limiter.ts';

const of = (name: string, burst = 3): Allowance => ({ name, perSecond: 1, burst });
const start = (maxNames?: number) => {
  const clock = createFakeClock();
  return {
    clock,
    limiter: new RateLimiter({ clock, ...(maxNames === undefined ? {} : { maxNames }) }),
  };
};
const times = (limiter: RateLimiter, count: number, ...allowances: Allowance[]): number =>
  Array.from({ length: count }, () => limiter.take(allowances)).filter((wait) => wait === 0).length;

test('a burst passes at once, then one for each that came back', () => {
  const { clock, limiter } = start();
  expect(times(limiter, 10, of('a'))).toBe(3);
  expect(limiter.take([of('a')])).toBe(1_000);
  clock.advance(2_000);
  expect(times(limiter, 10, of('a'))).toBe(2);
});

test('another name has an allowance of its own', () => {
  const { limiter } = start();
  times(limiter, 10, of('a'));
  expect(times(limiter, 10, of('b'))).toBe(3);
});

test('of several allowances all give one, or none does', () => {
  const { limiter } = start();
  times(limiter, 3, of('narrow'), of('wide', 5));
  // The narrow one is used up, so the wide one keeps its two.
  expect(times(limiter, 10, of('narrow'), of('wide', 5))).toBe(0);
  expect(times(limiter, 10, of('other'), of('wide', 5))).toBe(2);
});

test('a name whose allowance is whole is forgotten, and at most maxNames are kept', () => {
  const { clock, limiter } = start(100);
  for (let n = 0; n < 10_000; n++) limiter.take([of(`network ${n}`)]);
  expect(limiter.size).toBe(100);
  clock.advance(60_000);
  limiter.take([of('one more')]);
  expect(limiter.size).toBe(1);
});
