import { expect, test } from 'vitest';
import { Buckets } from './counts.ts';

test('a duration falls into the first bucket that reaches it, its end included, and the longest into the last', () => {
  const buckets = new Buckets();
  for (const ms of [0, 0.25, 0.26, 5, 5.1, 5_000, 5_000.1, 60_000]) buckets.observe(ms);
  const filled = [...buckets.each].flatMap((count, at) =>
    count === 0 ? [] : [[buckets.ends[at] ?? 'longer', count]],
  );
  expect(filled).toEqual([
    [0.25, 2],
    [0.5, 1],
    [5, 1],
    [10, 1],
    [5_000, 1],
    ['longer', 2],
  ]);
  expect(buckets.count).toBe(8);
  expect(buckets.sum).toBeCloseTo(70_010.71);
});
