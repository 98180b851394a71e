import { beforeEach, expect, test } from 'vitest';
import type { FeedEvent } from '../../../protocol/feeds.ts';
import type { Down } from '../../../protocol/frames-down.ts';
import { channelFeed, type ChannelId } from '../../../protocol/ids.ts';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import { createPageBatch, type PageBatch } from './page-batch.ts';

const event = (seq: number): FeedEvent => ({ seq, at: seq, by: 'x', kind: 'unknown', raw: null });
const page = (from: number, count: number): Down<'page'> => ({
  t: 'page',
  feed: channelFeed('c' as ChannelId),
  from,
  to: from + count - 1,
  head: 10_000,
  events: Array.from({ length: count }, (_, index) => event(from + index)),
});

let clock: FakeClock;
let batch: PageBatch;
let fault: Error | undefined;
/** The `from` of every page, as they were taken in together. */
let absorbed: number[][];
let broken: unknown[];

beforeEach(() => {
  clock = createFakeClock();
  fault = undefined;
  absorbed = [];
  broken = [];
  batch = createPageBatch({
    clock,
    absorb: (pages) => {
      if (fault) throw fault;
      absorbed.push(pages.map(({ from }) => from));
    },
    onBroken: (error) => broken.push(error),
  });
  batch.begin();
});

test('the first page of each catch-up goes in at once, those after it together', () => {
  for (const from of [1, 11, 21, 31]) batch.add(page(from, 10));
  expect(absorbed).toEqual([[1]]);
  clock.advance(15);
  expect(absorbed).toEqual([[1]]);
  clock.advance(1);
  expect(absorbed).toEqual([[1], [11, 21, 31]]);
  batch.add(page(41, 10));
  batch.begin();
  batch.add(page(51, 10));
  expect(absorbed).toEqual([[1], [11, 21, 31], [41, 51]]);
  expect(clock.pending).toBe(0);
});

test('a thousand events wait for no clock', () => {
  for (const from of [1, 201, 401, 601, 801, 1001, 1201]) batch.add(page(from, 200));
  expect(absorbed).toEqual([[1], [201, 401, 601, 801, 1001]]);
});

test('what was kept goes in when another frame comes, and only once', () => {
  for (const from of [1, 11, 21]) batch.add(page(from, 10));
  batch.flush();
  batch.flush();
  clock.advance(100);
  expect(absorbed).toEqual([[1], [11, 21]]);
});

test('what was dropped with its line never goes in', () => {
  for (const from of [1, 11]) batch.add(page(from, 10));
  batch.drop();
  clock.advance(100);
  batch.flush();
  expect(absorbed).toEqual([[1]]);
});

test('a failure is thrown to who waits, told where nobody does, and its pages are not tried again', () => {
  fault = new Error('full');
  expect(() => batch.add(page(1, 10))).toThrow(fault);
  fault = undefined;
  batch.add(page(11, 10));
  fault = new Error('full');
  clock.advance(16);
  expect(broken).toEqual([fault]);
  fault = undefined;
  clock.advance(100);
  batch.flush();
  expect(absorbed).toEqual([]);
});
