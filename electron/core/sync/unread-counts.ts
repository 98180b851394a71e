/**
 * Asks the relay for what it takes to count what is unread and not here: a channel far behind is
 * held from its newest page on, and a badge has to know the mentions before it. Asked once for
 * each such span, again when it changed, and not when all of it has come.
 */
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import type { UnreadCount } from '../../../protocol/frames-down.ts';
import type { ChannelId } from '../../../protocol/ids.ts';
import { background } from '../background.ts';
import type { Cache } from '../cache/data.ts';
import type { Clock, Log } from '../ports.ts';
import type { Asks } from './asks.ts';
import type { History } from './history.ts';
import { holesIn, topOf } from './intervals.ts';
import { readSeqOf, type ChannelState, type Replica } from './replica.ts';

export interface UnreadCountsParts {
  readonly replica: Replica;
  readonly cache: Pick<Cache, 'db'>;
  readonly asks: Pick<Asks, 'ask'>;
  /** These questions count as questions about history. */
  readonly history: Pick<History, 'turn'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Live, and not in the middle of a catch-up. */
  readonly mayAsk: () => boolean;
  readonly onBroken: (error: unknown) => void;
}

export interface UnreadCounts {
  /** The channel may have something unread that nobody has counted. */
  check(channel: ChannelState): void;
  checkAll(): void;
}

interface Wanted {
  readonly channel: ChannelId;
  readonly from: number;
  readonly to: number;
}

const RETRY_MS = 1_000;

export function createUnreadCounts(parts: UnreadCountsParts): UnreadCounts {
  const { replica, cache, asks, history, clock, log, mayAsk } = parts;
  let isBusy = false;

  const run = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      for (let wanted = allWanted(); wanted.length > 0 && mayAsk(); wanted = allWanted())
        if (!(await askFor(wanted.slice(0, DEFAULT_LIMITS.countSpans)))) return;
    } catch (error) {
      parts.onBroken(error);
    } finally {
      isBusy = false;
    }
  };

  const allWanted = (): readonly Wanted[] =>
    [...replica.channels.values()]
      .sort((a, b) => b.lastAt - a.lastAt)
      .flatMap((channel) => wantedOf(channel) ?? []);

  /**
   * False: no answer is to be had now. What was counted of a longer span is kept, and the rest
   * asked for next.
   */
  const askFor = async (spans: readonly Wanted[]): Promise<boolean> => {
    await history.turn();
    const answer = await asks.ask({ t: 'count-unread', spans: [...spans] });
    if (!answer.ok) {
      if (answer.error.kind !== 'rate-limited') return false;
      const ms = answer.error.retryAfterMs ?? RETRY_MS;
      await new Promise<void>((resolve) => void clock.after(ms, resolve));
      return true;
    }
    const { counts } = answer.value;
    cache.db.transaction('unread.counted', () => {
      for (const count of counts) take(count);
    });
    return counts.length > 0;
  };

  const take = (count: UnreadCount): void => {
    const channel = replica.channels.get(count.channel);
    // Read, left or filled meanwhile: the next round asks for what is wanted then.
    const wanted = channel && wantedOf(channel);
    if (!channel || wanted?.from !== count.from || count.to < count.from) return;
    const { from, to, head, messages, mentions, mentionsWithoutChannel } = count;
    const before = isGoingOn(channel, from) ? channel.relayCount : null;
    replica.putRelayCount(channel, {
      from: before?.from ?? from,
      to,
      head: Math.min(before?.head ?? head, head),
      messages: messages + (before?.messages ?? 0),
      mentions: mentions + (before?.mentions ?? 0),
      mentionsWithoutChannel: mentionsWithoutChannel + (before?.mentionsWithoutChannel ?? 0),
    });
    replica.recount(channel);
  };

  return {
    check: (channel) => {
      if (mayAsk() && wantedOf(channel)) background(run(), log, 'count-unread');
    },
    checkAll: () => background(run(), log, 'count-unread'),
  };
}

/** What was counted ends where this begins. */
const isGoingOn = ({ relayCount }: ChannelState, from: number): boolean =>
  relayCount !== null && relayCount.head > 0 && relayCount.to === from - 1;

/** From the read mark to the last thing that is missing; what was counted of it is left out. */
function wantedOf(channel: ChannelState): Wanted | undefined {
  if (!channel.isJoined) return undefined;
  const from = readSeqOf(channel) + 1;
  const to = holesIn(channel.held, from, topOf(channel.held)).at(-1)?.to;
  if (to === undefined) return undefined;
  const { relayCount } = channel;
  const isCounted = relayCount?.from === from && relayCount.head > 0;
  if (!isCounted) return { channel: channel.id, from, to };
  return relayCount.to >= to ? undefined : { channel: channel.id, from: relayCount.to + 1, to };
}
