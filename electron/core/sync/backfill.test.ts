/**
 * What is fetched in the background, in which order, how fast, and what stops it: over the real
 * cache and a relay of pages.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Channel } from '../../../protocol/entities.ts';
import type { FeedEvent, Interval } from '../../../protocol/feeds.ts';
import {
  feedName,
  type ChannelId,
  type FeedId,
  type MemberId,
  type MessageId,
} from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, ok } from '../../../protocol/result.ts';
import { keepingLog } from '../../../test/kit/desktop-kit.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { openData, type Data } from '../cache/data.ts';
import type { Changes } from '../events/changes.ts';
import { BACKFILL_EVERY_MS, BACKFILL_WAIT_MS, createBackfill, heldSince } from './backfill.ts';
import { createChannelLog } from './channel-log.ts';
import type { History } from './history.ts';
import { createReplica } from './replica.ts';

const id = (n: number): string => `0190a000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const BEN = id(3) as MemberId;
const TEAM = 1;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = 200 * DAY_MS;
const { pageEvents, historyPerSecond, backfillFreeBytes } = DEFAULT_LIMITS;
const silent = new Proxy({} as Changes, { get: () => () => undefined });
let data: Data | undefined;
afterEach(() => data?.close());

/** Channels whose messages are `everyMs` apart, the last one now; held from their newest 50 on. */
function desk(channels: readonly { readonly length: number; readonly everyMs: number }[]) {
  data?.close();
  const clock = createFakeClock(5);
  data = openData({ dir: ':memory:', clock, log: keepingLog() });
  const cache = data.cache();
  const replica = createReplica({
    team: { id: 'here', key: TEAM, me: id(2) as MemberId, handle: 'ada' },
    cache,
    changes: silent,
    mask: () => 7,
  });
  const channelLog = createChannelLog({
    replica,
    cache,
    changes: silent,
    mask: () => 7,
    onNews: () => undefined,
    onDeleted: () => undefined,
  });
  const ids = channels.map((_, n) => id(1_000 + n) as ChannelId);
  const eventsOf = (n: number, { from, to }: Interval): FeedEvent[] => {
    const { length = 0, everyMs = 0 } = channels[n] ?? {};
    return Array.from({ length: to - from + 1 }, (_, index): FeedEvent => {
      const seq = from + index;
      const at = NOW - (length - seq) * everyMs;
      return { seq, at, by: BEN, kind: 'posted', id: id(n * 10_000 + seq) as MessageId, text: 'x' };
    });
  };
  const absorb = (n: number, span: Interval): void => {
    const channel = replica.channels.get(ids[n] ?? '');
    if (channel) channelLog.absorb(channel, { ...span, events: eventsOf(n, span) });
  };
  channels.forEach(({ length }, n) => {
    const facts: Channel = {
      id: ids[n] as ChannelId,
      kind: 'public',
      name: `c${n}`,
      topic: '',
      isArchived: false,
      createdAt: 1,
      createdBy: BEN,
      seq: length,
    };
    replica.putChannel(facts, { isJoined: true, readSeq: length, level: 'all' });
    absorb(n, { from: length - 49, to: length });
  });
  const fetched: { readonly channel: number; readonly span: Interval; readonly atMs: number }[] =
    [];
  const state = {
    isIdle: true,
    mayFetch: true,
    mayWrite: true,
    bytes: 0,
    freeBytes: Infinity,
    settings: { days: 90, megabytes: 1_024 },
    refusal: undefined as 'offline' | 'not-found' | 'unavailable' | undefined,
  };
  const history: Pick<History, 'fetch' | 'isIdle'> = {
    get isIdle() {
      return state.isIdle;
    },
    fetch: async (feed: FeedId, span) => {
      const name = feedName(feed);
      const n = name.kind === 'channel' ? ids.indexOf(name.channel) : -1;
      fetched.push({ channel: n, span, atMs: clock.monotonic() });
      if (state.refusal) return fail({ kind: state.refusal });
      absorb(n, span);
      return ok({ t: 'page', feed, ...span, head: span.to, events: [] });
    },
  };
  const make = () =>
    createBackfill({
      replica,
      cache: { ...cache, bytes: () => state.bytes, freeBytes: () => state.freeBytes },
      history,
      clock,
      log: keepingLog(),
      settings: () => state.settings,
      mayFetch: () => state.mayFetch,
      mayWrite: () => state.mayWrite,
    });
  const run = async (ms: number): Promise<void> => {
    const until = clock.monotonic() + ms;
    for (let at = clock.nextAt; at !== undefined && at <= until; at = clock.nextAt) {
      clock.runNext();
      for (let n = 0; n < 10; n++) await Promise.resolve();
    }
    clock.advance(until - clock.monotonic());
  };
  const held = (n: number): readonly Interval[] => replica.channels.get(ids[n] ?? '')?.held ?? [];
  const since = (n: number): unknown => {
    const channel = replica.channels.get(ids[n] ?? '');
    return channel && heldSince(channel, cache, TEAM);
  };
  return { clock, replica, ids, fetched, state, make, run, held, since, absorb };
}

describe('older messages', () => {
  test('are fetched to the beginning, the newest missing stretch of all channels first', async () => {
    const { make, run, fetched, held, since } = desk([
      { length: 650, everyMs: HOUR_MS },
      { length: 450, everyMs: HOUR_MS / 2 },
    ]);
    expect(since(0)).toEqual({ at: NOW - 49 * HOUR_MS, isWhole: false });
    make().start(NOW);
    await run(60_000);
    expect(held(0)).toEqual([{ from: 1, to: 650 }]);
    expect(held(1)).toEqual([{ from: 1, to: 450 }]);
    expect(fetched.map(({ channel, span }) => [channel, span.from, span.to])).toEqual([
      [1, 201, 400],
      [0, 401, 600],
      [1, 1, 200],
      [0, 201, 400],
      [0, 1, 200],
    ]);
    expect(since(0)).toEqual({ at: NOW - 649 * HOUR_MS, isWhole: true });
  });

  test('come at half of historyPerSecond at most, and nothing runs when all is here', async () => {
    const { make, run, fetched, clock } = desk([{ length: 3_000, everyMs: 60_000 }]);
    make().start(NOW);
    await run(30_000);
    expect(fetched).toHaveLength(Math.ceil(2_950 / pageEvents));
    for (const [n, { atMs }] of fetched.entries())
      expect(atMs - (fetched[n - 1]?.atMs ?? -Infinity)).toBeGreaterThanOrEqual(
        2_000 / historyPerSecond,
      );
    expect(clock.nextAt).toBeUndefined();
  });

  test('are fetched as far as backfillDays go, or as many days as were chosen, by the relay’s clock', async () => {
    const { make, run, held, state, fetched } = desk([{ length: 3_000, everyMs: HOUR_MS }]);
    expect(state.settings.days).toBe(DEFAULT_LIMITS.backfillDays);
    const backfill = make();
    backfill.start(NOW);
    await run(60_000);
    const from = (held(0)[0]?.from ?? 0) - 1;
    expect(3_000 - from).toBeGreaterThanOrEqual(90 * 24);
    expect(3_000 - from).toBeLessThan(90 * 24 + pageEvents);
    state.settings = { ...state.settings, days: 100 };
    backfill.start();
    await run(60_000);
    expect(held(0)[0]?.from).toBeLessThanOrEqual(3_000 - 100 * 24);
    const before = fetched.length;
    state.settings = { ...state.settings, days: 0 };
    backfill.start();
    await run(60_000);
    expect(fetched).toHaveLength(before);
  });

  test.each([
    ['the cache has backfillBytes', { bytes: DEFAULT_LIMITS.backfillBytes }],
    ['the disk has less than backfillFreeBytes left', { freeBytes: backfillFreeBytes - 1 }],
    ['the disk was full a moment ago', { mayWrite: false }],
  ])('are not fetched while %s', async (_, change) => {
    const { make, run, fetched, state, clock } = desk([{ length: 500, everyMs: 60_000 }]);
    Object.assign(state, change);
    const backfill = make();
    backfill.start(NOW);
    await run(60_000);
    expect([fetched, clock.nextAt]).toEqual([[], undefined]);
    Object.assign(state, {
      bytes: DEFAULT_LIMITS.backfillBytes - 1,
      freeBytes: backfillFreeBytes,
      mayWrite: true,
    });
    backfill.start();
    await run(60_000);
    expect(fetched).not.toEqual([]);
  });

  test.each([
    ['a person waits for the relay', 'mayFetch'],
    ['other pages are being fetched', 'isIdle'],
  ] as const)('wait while %s, and go on then', async (_, what) => {
    const { make, run, fetched, state } = desk([{ length: 1_000, everyMs: 60_000 }]);
    make().start(NOW);
    await run(BACKFILL_EVERY_MS);
    expect(fetched).toHaveLength(1);
    state[what] = false;
    await run(60_000);
    expect(fetched).toHaveLength(1);
    state[what] = true;
    await run(BACKFILL_WAIT_MS + 60_000);
    expect(fetched.at(-1)?.span.from).toBe(1);
  });

  test('already here are not fetched again, and a hole between them is filled', async () => {
    const { make, run, fetched, held, absorb } = desk([{ length: 500, everyMs: 60_000 }]);
    absorb(0, { from: 1, to: 100 });
    absorb(0, { from: 301, to: 420 });
    make().start(NOW);
    await run(60_000);
    expect(held(0)).toEqual([{ from: 1, to: 500 }]);
    expect(fetched.map(({ span }) => [span.from, span.to])).toEqual([
      [421, 450],
      [101, 300],
    ]);
  });

  test('of a channel that is left or refused are let be, and the others are fetched', async () => {
    const { make, run, fetched, state, replica, ids, clock } = desk([
      { length: 500, everyMs: 60_000 },
      { length: 500, everyMs: 90_000 },
    ]);
    make().start(NOW);
    state.refusal = 'not-found';
    await run(BACKFILL_EVERY_MS);
    state.refusal = undefined;
    await run(BACKFILL_WAIT_MS);
    const left = replica.channels.get(ids[1] ?? '');
    if (left) replica.removeChannel(left);
    await run(60_000);
    expect(fetched.map(({ channel }) => channel)).toEqual([0, 1]);
    expect(clock.nextAt).toBeUndefined();
  });

  test('are fetched from where it stopped when the connection is there again', async () => {
    const { make, run, fetched, state, held } = desk([{ length: 1_000, everyMs: 60_000 }]);
    const backfill = make();
    backfill.start(NOW);
    await run(BACKFILL_EVERY_MS);
    state.refusal = 'offline';
    await run(60_000);
    backfill.stop();
    state.refusal = undefined;
    await run(60_000);
    expect(fetched).toHaveLength(2);
    make().start(NOW);
    await run(60_000);
    expect(held(0)).toEqual([{ from: 1, to: 1_000 }]);
    expect(new Set(fetched.map(({ span }) => span.to)).size).toBe(fetched.length - 1);
  });
});
