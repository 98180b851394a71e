import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKOFF, backoffMs, failuresAfter } from './backoff.ts';

test('the ceiling doubles from 0.6 s and stops at 30 s', () => {
  const ceilings = Array.from({ length: 8 }, (_, attempt) => backoffMs(attempt, 0.999_999_9));
  expect(ceilings).toEqual([600, 1_200, 2_400, 4_800, 9_600, 19_200, 30_000, 30_000]);
});

test('the jitter is full: a low draw comes back at once, whatever the attempt', () => {
  expect([0, 3, 50].map((attempt) => backoffMs(attempt, 0))).toEqual([300, 300, 300]);
});

test('no wait is shorter than 0.3 s or longer than 30 s', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, fraction) => {
        const ms = backoffMs(attempt, fraction);
        expect(ms).toBeGreaterThanOrEqual(BACKOFF.minMs);
        expect(ms).toBeLessThanOrEqual(BACKOFF.maxMs);
      },
    ),
  );
});

test('a delay the relay asks for is kept to, and those who were told the same do not come back together', () => {
  expect(backoffMs(0, 0, 5_000)).toBe(5_000);
  expect(backoffMs(0, 0.5, 5_000)).toBe(5_500);
  expect(backoffMs(9, 0.9, 5_000)).toBe(5_900);
  expect(backoffMs(9, 0, 0)).toBe(300);
});

test('health makes up for failures one by one, and for no more than there were', () => {
  expect([0, 1_999, 2_000, 6_100, 60_000].map((liveMs) => failuresAfter(3, liveMs))).toEqual([
    3, 3, 2, 0, 0,
  ]);
});
