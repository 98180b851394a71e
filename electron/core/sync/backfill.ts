/**
 * Fetches older messages in the background, so that what is read offline is more than a page:
 * the newest missing stretch of all channels first, back to a number of days, until the cache is
 * as large as it may be. It waits while a person waits, uses at most half of what the relay
 * allows, and keeps no notes: what is here says what is missing.
 */
import type { Interval } from '../../../protocol/feeds.ts';
import { channelFeed } from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { Settings } from '../../bridge/views.ts';
import { background } from '../background.ts';
import type { Cache } from '../cache/data.ts';
import type { Clock, Log } from '../ports.ts';
import { MEGABYTE } from '../settings.ts';
import type { History } from './history.ts';
import { holesIn, topOf } from './intervals.ts';
import type { ChannelState, Replica } from './replica.ts';

export interface BackfillParts {
  readonly replica: Replica;
  readonly cache: Pick<Cache, 'messages' | 'log' | 'bytes' | 'freeBytes'>;
  readonly history: Pick<History, 'fetch' | 'isIdle'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => Settings['history'];
  /** Connected, caught up, and nobody waits for the relay. */
  readonly mayFetch: () => boolean;
  /** False for a while after the disk was full. */
  readonly mayWrite: () => boolean;
}

export interface Backfill {
  /** The relay can be asked, at `now` by its own clock; or there may be more to fetch. */
  start(now?: number): void;
  stop(): void;
}

/** Half of the questions about history that the relay allows. */
export const BACKFILL_EVERY_MS = 2_000 / DEFAULT_LIMITS.historyPerSecond;
/** Looks again so long after it had to wait. */
export const BACKFILL_WAIT_MS = 2_000;
const DAY_MS = 24 * 60 * 60_000;

export function createBackfill(parts: BackfillParts): Backfill {
  const { replica, cache, history, clock, log } = parts;
  /** Channels of which the relay gives nothing older. */
  const exhausted = new Set<string>();
  let cancel: (() => void) | undefined;
  let isFetching = false;
  let relayClock: { readonly at: number; readonly now: number } | undefined;

  const relayNow = (): number =>
    relayClock ? relayClock.now + clock.monotonic() - relayClock.at : clock.now();

  const after = (ms: number): void => {
    cancel?.();
    cancel = clock.after(ms, look);
  };

  const look = (): void => {
    cancel = undefined;
    if (isFetching) return;
    if (!parts.mayFetch() || !history.isIdle) return after(BACKFILL_WAIT_MS);
    const next = hasRoom() ? newestMissing() : undefined;
    // Nothing to do: the next catch-up, channel or change of the settings begins again.
    if (next) background(fetch(next), log, 'backfill');
  };

  const hasRoom = (): boolean =>
    parts.mayWrite() &&
    cache.bytes() < parts.settings().megabytes * MEGABYTE &&
    cache.freeBytes() >= DEFAULT_LIMITS.backfillFreeBytes;

  const newestMissing = ():
    { readonly channel: ChannelState; readonly hole: Interval } | undefined => {
    const horizon = relayNow() - parts.settings().days * DAY_MS;
    let newest: { readonly channel: ChannelState; readonly hole: Interval } | undefined;
    let newestAt = horizon;
    for (const channel of replica.channels.values()) {
      const hole = channel.isJoined ? missingOf(channel) : undefined;
      if (!hole || exhausted.has(channel.id)) continue;
      const at = timeAfter(channel, hole.to);
      if (at <= newestAt) continue;
      newestAt = at;
      newest = { channel, hole };
    }
    return newest;
  };

  /** When the first thing was said that is here after this place; without any, now. */
  const timeAfter = (channel: ChannelState, seq: number): number => {
    const at = [team(channel.key, seq), note(channel.key, seq)].filter((one) => one !== undefined);
    return at.length > 0 ? Math.min(...at) : relayNow();
  };
  const { key } = replica.team;
  const team = (channel: number, seq: number): number | undefined =>
    cache.messages.newer(key, channel, seq, Number.MAX_SAFE_INTEGER, 1)[0]?.at;
  const note = (channel: number, seq: number): number | undefined =>
    cache.log.newerNotes(key, channel, seq, Number.MAX_SAFE_INTEGER, 1)[0]?.at;

  const fetch = async ({
    channel,
    hole,
  }: {
    readonly channel: ChannelState;
    readonly hole: Interval;
  }): Promise<void> => {
    isFetching = true;
    const from = Math.max(hole.from, hole.to - DEFAULT_LIMITS.pageEvents + 1);
    const got = await history
      .fetch(channelFeed(channel.id), { from, to: hole.to }, 'background')
      .finally(() => (isFetching = false));
    if (got.ok && got.value.from > got.value.to) exhausted.add(channel.id);
    if (got.ok) return after(BACKFILL_EVERY_MS);
    if (got.error.kind === 'not-found' || got.error.kind === 'not-allowed')
      exhausted.add(channel.id);
    if (got.error.kind !== 'offline') after(BACKFILL_WAIT_MS);
  };

  return {
    start: (now) => {
      if (now !== undefined) {
        relayClock = { at: clock.monotonic(), now };
        exhausted.clear();
      }
      if (relayClock && !isFetching) after(BACKFILL_EVERY_MS);
    },
    stop: () => {
      cancel?.();
      cancel = undefined;
      relayClock = undefined;
    },
  };
}

/** The newest stretch that is missing below the live end. */
const missingOf = ({ held }: ChannelState): Interval | undefined =>
  held.length === 0 ? undefined : holesIn(held, 1, topOf(held)).at(-1);

/** How far back a channel is here without a hole: null with nothing of it. */
export function heldSince(
  { held, key }: ChannelState,
  cache: Pick<Cache, 'messages' | 'log'>,
  team: number,
): { readonly at: number | null; readonly isWhole: boolean } {
  const newest = held.at(-1);
  if (!newest) return { at: null, isWhole: false };
  const first = [
    cache.messages.newer(team, key, newest.from - 1, newest.to, 1)[0]?.at,
    cache.log.newerNotes(team, key, newest.from - 1, newest.to, 1)[0]?.at,
  ].filter((at) => at !== undefined);
  return { at: first.length > 0 ? Math.min(...first) : null, isWhole: newest.from === 1 };
}
