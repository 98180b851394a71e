import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FeedEvent, Interval } from '../../../protocol/feeds.ts';
import { createFeed, HOLD_LIMIT, type Feed } from './feed.ts';

const event = (seq: number): FeedEvent => ({ seq, at: seq, by: 'x', kind: 'unknown', raw: null });
const events = (from: number, to: number): FeedEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

function rig(position = 0): {
  readonly feed: Feed;
  readonly applied: number[];
  readonly pulled: Interval[];
  mayPull: boolean;
} {
  const applied: number[] = [];
  const pulled: Interval[] = [];
  const self = { applied, pulled, mayPull: true, feed: undefined as unknown as Feed };
  self.feed = createFeed({
    position: () => applied.at(-1) ?? position,
    apply: (some) => applied.push(...some.map(({ seq }) => seq)),
    pull: (gap) => pulled.push(gap),
    mayPull: () => self.mayPull,
  });
  return self;
}

test('what follows on is applied', () => {
  const { feed, applied } = rig(10);
  feed.receive(events(11, 13));
  expect(applied).toEqual([11, 12, 13]);
});

test('what is known is dropped, also where it overlaps with what is new', () => {
  const { feed, applied, pulled } = rig(10);
  feed.receive(events(8, 10));
  feed.receive(events(9, 12));
  expect([applied, pulled]).toEqual([[11, 12], []]);
});

test('what comes too early is held, the gap is pulled, and then all goes in in order', () => {
  const { feed, applied, pulled } = rig(10);
  feed.receive(events(14, 15));
  expect([applied, pulled, feed.holding]).toEqual([[], [{ from: 11, to: 13 }], 2]);
  feed.receive(events(11, 13));
  expect([applied, feed.holding]).toEqual([[11, 12, 13, 14, 15], 0]);
});

test('during catch-up it waits for the gap to close by itself', () => {
  const one = rig(10);
  one.mayPull = false;
  one.feed.receive(events(14, 15));
  expect(one.pulled).toEqual([]);
  one.mayPull = true;
  one.feed.settle();
  expect(one.pulled).toEqual([{ from: 11, to: 13 }]);
});

test('the hold is bounded, and what it let go is in the gap that is pulled', () => {
  const { feed, applied, pulled } = rig(0);
  feed.receive(events(2, HOLD_LIMIT + 100));
  expect(feed.holding).toBe(HOLD_LIMIT);
  expect(pulled.at(-1)).toEqual({ from: 1, to: 100 });
  feed.receive(events(1, 100));
  expect(applied).toEqual(events(1, HOLD_LIMIT + 100).map(({ seq }) => seq));
});

test('whatever is lost, repeated and mixed up on the way, every event is applied once, in order, when the gaps are pulled', () => {
  const batch = fc
    .tuple(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 0, max: 9 }))
    .map(([from, more]) => events(from, Math.min(80, from + more)));
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 40 }), (batches) => {
      const { feed, applied, pulled } = rig();
      for (const one of batches) feed.receive(one);
      for (let gap = pulled.pop(); gap; gap = pulled.pop()) feed.receive(events(gap.from, gap.to));
      const last = applied.at(-1) ?? 0;
      expect(applied).toEqual(last === 0 ? [] : events(1, last).map(({ seq }) => seq));
      expect(last).toBe(Math.max(0, ...batches.flat().map(({ seq }) => seq)));
    }),
  );
});
