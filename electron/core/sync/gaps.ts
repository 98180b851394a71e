/**
 * Sees to it that what should be here is here: the live end of every channel up to its head, and what is unread behind a
 * newest page. Fetches newest first and within bounds; what is left over stays a hole until somebody looks at it.
 */
import { channelFeed } from '../../../protocol/ids.ts';
import { background } from '../background.ts';
import type { Log } from '../ports.ts';
import { newestPage, type History } from './history.ts';
import { holesIn, topOf } from './intervals.ts';
import { readSeqOf, type ChannelState, type Replica } from './replica.ts';

export interface GapsParts {
  readonly replica: Replica;
  readonly history: History;
  readonly log: Log;
  /** Live, and not in the middle of a catch-up that may close gaps by itself. */
  readonly mayPull: () => boolean;
  readonly onBroken: (error: unknown) => void;
  /** Something was fetched: what was held back may fit now. */
  readonly onFilled: (channel: ChannelState) => void;
}

export interface Gaps {
  /** Fetches what is missing between the live end and the head; of an empty channel, the newest page. */
  pullHead(channel: string): void;
  /** After a long absence: what is unread before the newest page, so that a mention there is counted. Without haste. */
  completeUnread(): void;
}

const HEAD_PAGES = 5;
const UNREAD_PAGES = 10;

export function createGaps({
  replica,
  history,
  log,
  mayPull,
  onBroken,
  onFilled,
}: GapsParts): Gaps {
  const pull = async (id: string): Promise<void> => {
    const channel = replica.channels.get(id);
    if (!channel?.isJoined || topOf(channel.held) >= channel.head) return;
    const isEmpty = channel.held.length === 0;
    const span = isEmpty
      ? newestPage(channel.head)
      : { from: topOf(channel.held) + 1, to: channel.head };
    await history.fill(channelFeed(channel.id), span, isEmpty ? 1 : HEAD_PAGES);
    const now = replica.channels.get(id);
    if (now) onFilled(now);
  };

  const complete = async (): Promise<void> => {
    for (const { id } of [...replica.channels.values()].filter((channel) => channel.isJoined)) {
      const channel = replica.channels.get(id);
      if (!mayPull() || !channel) continue;
      const hole = holesIn(channel.held, readSeqOf(channel) + 1, topOf(channel.held)).at(-1);
      if (hole) await history.fill(channelFeed(channel.id), hole, UNREAD_PAGES);
    }
  };

  return {
    pullHead: (channel) => background(pull(channel).catch(onBroken), log, 'pull'),
    completeUnread: () => background(complete(), log, 'complete-unread'),
  };
}
