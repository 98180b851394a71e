import { expect, test } from 'vitest';
import { dayLimits, daysUpTo, useLimits, usesUpTo } from './terms.ts';

test('an invite is offered up to what may be given, and that itself', () => {
  expect([daysUpTo(365), usesUpTo(1_000)]).toEqual([
    [1, 7, 30, 90, 365],
    [1, 5, 10, 25, 100, 1_000],
  ]);
  expect([daysUpTo(7), usesUpTo(25)]).toEqual([
    [1, 7],
    [1, 5, 10, 25],
  ]);
  expect([daysUpTo(3), usesUpTo(2)]).toEqual([
    [1, 3],
    [1, 2],
  ]);
  expect([daysUpTo(1), usesUpTo(0)]).toEqual([[1], []]);
});

test('a limit can be chosen among round ones, and what it is now is one of them', () => {
  expect([dayLimits(7), useLimits(3)]).toEqual([
    [1, 7, 30, 90, 365],
    [0, 1, 3, 5, 10, 25, 100, 1_000],
  ]);
});
