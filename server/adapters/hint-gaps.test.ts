import { expect, test } from 'vitest';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { HintGaps } from './hint-gaps.ts';

function start(clusterNodes = 64) {
  const clock = createFakeClock();
  return { clock, gaps: new HintGaps({ clock, limits: { clusterNodes, silentMs: 3_000 } }) };
}

test('a number that was left out is a gap, once; one that comes twice is none', () => {
  const { gaps } = start();
  expect([1, 2, 2, 3, 5, 6].map((n) => gaps.heard('a', 0, n))).toEqual([
    false,
    false,
    false,
    false,
    true,
    false,
  ]);
});

test('every node counts for itself, and each channel for itself', () => {
  const { gaps } = start();
  expect([
    gaps.heard('a', 0, 1),
    gaps.heard('b', 0, 1),
    gaps.heard('a', 1, 1),
    gaps.heard('a', 0, 2),
  ]).toEqual([false, false, false, false]);
});

test('a node that has spoken before it was first heard is a gap', () => {
  const { gaps } = start();
  expect([gaps.heard('a', 0, 7), gaps.heard('a', 0, 8)]).toEqual([true, false]);
});

test('a number that was forged costs one doubt when the true ones come, and hides no later gap', () => {
  const { gaps } = start();
  expect([1, Number.MAX_SAFE_INTEGER, 2, 3, 5].map((n) => gaps.heard('a', 0, n))).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
});

test('a node that falls silent is noticed once, but not for the time in which nobody could be heard', () => {
  const { gaps, clock } = start();
  gaps.heard('a', 0, 1);
  clock.advance(2_000);
  gaps.heard('b', 0, 1);
  clock.advance(999);
  expect(gaps.tend()).toBe(false);
  clock.advance(1);
  expect([gaps.tend(), gaps.tend()]).toEqual([true, false]);
  clock.advance(10_000);
  gaps.listenAgain();
  expect(gaps.tend()).toBe(false);
});

test('no more than `clusterNodes` are kept in mind: of a crowd the first is forgotten', () => {
  const { gaps } = start(2);
  for (const node of ['a', 'b', 'c']) gaps.heard(node, 0, 1);
  expect([gaps.heard('c', 0, 2), gaps.heard('b', 0, 2), gaps.heard('a', 0, 2)]).toEqual([
    false,
    false,
    true,
  ]);
});
