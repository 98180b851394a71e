/**
 * Fetches stretches of feeds by number: gaps behind a lost push, holes that came into view, pages further back. One
 * request is under way at a time and no more than the relay allows in a second; a page asked for by somebody who looks
 * at it goes before those that merely complete the cache.
 */
import type { Interval } from '../../../protocol/feeds.ts';
import type { Down } from '../../../protocol/frames-down.ts';
import type { FeedId } from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { fail, type Result } from '../../../protocol/result.ts';
import type { Problem } from '../../bridge/commands.ts';
import { background } from '../background.ts';
import type { Clock, Log } from '../ports.ts';
import type { Asks } from './asks.ts';

export interface HistoryParts {
  readonly asks: Asks;
  readonly clock: Clock;
  readonly log: Log;
  /** A page has come. Everything from its `from` to its `to` is in it. */
  readonly onPage: (page: Down<'page'>) => void;
  /** A page could not be taken in. */
  readonly onBroken: (error: unknown) => void;
}

export interface History {
  /** The newest events of the span that fit a page. Asked twice, it is fetched once. */
  fetch(
    feed: FeedId,
    span: Interval,
    manner: 'seen' | 'background',
  ): Promise<Result<Down<'page'>, Problem>>;
  /** The whole span, newest first, at most `pages` of it; what is left stays a hole. */
  fill(feed: FeedId, span: Interval, pages: number): Promise<void>;
  /** Nothing is being fetched, or waits to be. */
  readonly isIdle: boolean;
  /** Resolves when one more question about history may be asked. */
  turn(): Promise<void>;
  dispose(): void;
}

interface Job {
  readonly key: string;
  readonly feed: FeedId;
  readonly span: Interval;
  readonly promise: Promise<Result<Down<'page'>, Problem>>;
  readonly settle: (result: Result<Down<'page'>, Problem>) => void;
}

/** One less than the relay allows: its clock and ours do not tick together. */
const PER_SECOND = DEFAULT_LIMITS.historyPerSecond - 1;

export function createHistory({ asks, clock, log, onPage, onBroken }: HistoryParts): History {
  const queue: Job[] = [];
  const jobs = new Map<string, Job>();
  let isBusy = false;
  let allowance = PER_SECOND;
  let countedAt = clock.monotonic();
  let isDisposed = false;
  let cancelPause: () => void = () => undefined;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      cancelPause = clock.after(ms, resolve);
    });

  const takeTurn = async (): Promise<void> => {
    const now = clock.monotonic();
    allowance = Math.min(PER_SECOND, allowance + ((now - countedAt) * PER_SECOND) / 1_000);
    countedAt = now;
    if (allowance < 1) {
      await pause(Math.ceil(((1 - allowance) * 1_000) / PER_SECOND));
      return takeTurn();
    }
    allowance -= 1;
  };

  const run = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      for (let job = queue.shift(); job && !isDisposed; job = queue.shift()) {
        await takeTurn();
        const answer = await asks.ask({
          t: 'range',
          feed: job.feed,
          from: job.span.from,
          to: job.span.to,
        });
        if (!answer.ok && answer.error.kind === 'rate-limited') {
          queue.unshift(job);
          await pause(answer.error.retryAfterMs ?? 1_000);
          continue;
        }
        jobs.delete(job.key);
        try {
          if (answer.ok) onPage(answer.value);
          job.settle(answer);
        } catch (error) {
          job.settle(fail({ kind: 'unavailable' }));
          onBroken(error);
        }
      }
    } finally {
      isBusy = false;
    }
  };

  const fetch: History['fetch'] = (feed, span, manner) => {
    if (isDisposed) return Promise.resolve(fail({ kind: 'offline' }));
    const key = `${feed} ${span.from} ${span.to}`;
    const known = jobs.get(key);
    if (known) {
      const at = queue.indexOf(known);
      // Somebody looks at it now.
      if (manner === 'seen' && at > 0) queue.unshift(...queue.splice(at, 1));
      return known.promise;
    }
    const { promise, resolve } = Promise.withResolvers<Result<Down<'page'>, Problem>>();
    const job: Job = { key, feed, span, promise, settle: resolve };
    jobs.set(key, job);
    if (manner === 'seen') queue.unshift(job);
    else queue.push(job);
    background(run(), log, 'history');
    return promise;
  };

  return {
    fetch,
    fill: async (feed, span, pages) => {
      let { to } = span;
      for (let page = 0; page < pages && to >= span.from; page++) {
        const got = await fetch(feed, { from: span.from, to }, 'background');
        if (!got.ok) return;
        // A page that brings nothing would be asked for for ever.
        if (got.value.from > got.value.to || got.value.from > to) return;
        to = got.value.from - 1;
      }
    },
    get isIdle() {
      return jobs.size === 0;
    },
    turn: takeTurn,
    dispose: () => {
      isDisposed = true;
      cancelPause();
      for (const job of jobs.values()) job.settle(fail({ kind: 'offline' }));
      jobs.clear();
      queue.length = 0;
    },
  };
}

export const newestPage = (head: number): Interval => ({
  from: Math.max(1, head - DEFAULT_LIMITS.pageEvents + 1),
  to: head,
});
