import { expect, it } from 'vitest';
import { barHeights } from './ping-graph.tsx';

it('the longest round trip fills the room, and the shortest is still seen', () => {
  expect(barHeights([5, 20, 0.1, 10], 48)).toEqual([12, 48, 2, 24]);
  expect(barHeights([0, 0], 48)).toEqual([2, 2]);
  expect(barHeights([], 48)).toEqual([]);
});
