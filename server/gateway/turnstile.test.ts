/** A team that returns all at once, on a clock that stands still until the test moves it. */
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { Turnstile } from './turnstile.ts';

const LIMITS = { acceptsPerSecond: 10, acceptsBurst: 30, acceptSpreadMs: 10_000 };

function start(limits = LIMITS, random: { fraction(): number } = createSeededRandom('turnstile')) {
  const clock = createFakeClock();
  const turnstile = new Turnstile({ clock, random, limits });
  const knock = (): number => {
    const away = turnstile.awayForSeconds();
    if (away === 0) turnstile.passed();
    return away;
  };
  return {
    clock,
    turnstile,
    knock,
    knocks: (count: number) => Array.from({ length: count }, knock),
  };
}

test('so many may come at once, and then so many a second', () => {
  const { clock, knocks } = start();
  expect(knocks(40).filter((away) => away === 0)).toHaveLength(30);
  clock.advance(1_000);
  expect(knocks(40).filter((away) => away === 0)).toHaveLength(10);
  clock.advance(60_000);
  expect(knocks(40).filter((away) => away === 0)).toHaveLength(30);
});

test('who is sent away is told to return in whole seconds, all over the spread', () => {
  const { knocks } = start();
  const away = knocks(1_030).filter((seconds) => seconds > 0);
  expect(away).toHaveLength(1_000);
  expect(new Set(away)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
  for (let second = 1; second <= 10; second++)
    expect(away.filter((one) => one === second).length).toBeGreaterThan(50);
});

test('nobody is told to return at once', () => {
  const { knocks } = start(LIMITS, { fraction: () => 0 });
  expect(knocks(31).at(-1)).toBe(1);
});

test('who knocks and shows no token uses nothing up', () => {
  const { turnstile, knock } = start();
  for (let stranger = 0; stranger < 1_000; stranger++) expect(turnstile.awayForSeconds()).toBe(0);
  expect(knock()).toBe(0);
});

test('a team of ten thousand may come back within a moment', () => {
  const { knocks } = start(DEFAULT_LIMITS);
  const away = knocks(10_001);
  expect(away.filter((one) => one === 0)).toHaveLength(10_000);
});
