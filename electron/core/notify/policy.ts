/**
 * Whether a new message may interrupt, as one pure function: the table of the product, first match wins. What the
 * system answers afterwards is recorded beside it; nothing else may show a notification.
 *
 *   1 own, or read on another device          nothing
 *   2 on screen, and the person is there      nothing, mark read
 *   3 urgent and allowed                      ring until acknowledged
 *   4 the system's focus mode                 badge only
 *   5 snoozed, quiet hours, do not disturb    badge only
 *   6 channel muted                           nothing, unless a mention breaks it
 *   7 the channel's level                     none: dot · mentions: only what calls · all: go on
 *   8 more than three in ten seconds          one notification that updates
 *   9 show
 */
import type { Level } from '../../../protocol/entities.ts';

export interface News {
  readonly isOwn: boolean;
  readonly isReadElsewhere: boolean;
  /** The window is focused and shows the channel. */
  readonly isOnScreen: boolean;
  readonly isIdle: boolean;
  readonly isUrgent: boolean;
  readonly isUrgentAllowed: boolean;
  readonly isFocusModeOn: boolean;
  readonly quiet: 'snoozed' | 'quiet-hours' | 'dnd' | null;
  readonly isMuted: boolean;
  readonly mentionsBreakMute: boolean;
  readonly level: Level;
  readonly callsMe: boolean;
  readonly callsHere: boolean;
  readonly callsChannel: boolean;
  readonly ignoreChannelMentions: boolean;
  readonly hasKeyword: boolean;
  /** A direct or group conversation. */
  readonly isConversation: boolean;
  readonly isFollowedThread: boolean;
  /** Notifications of this channel in the last ten seconds. */
  readonly recent: number;
}

export interface Decision {
  readonly rule: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
  readonly reason: string;
  readonly verdict: 'nothing' | 'dot' | 'badge' | 'show' | 'update' | 'ring';
}

export const BURST = { count: 3, withinMs: 10_000 } as const;

export function decide(news: News): Decision {
  if (news.isOwn) return { rule: 1, reason: 'own', verdict: 'nothing' };
  if (news.isReadElsewhere) return { rule: 1, reason: 'read', verdict: 'nothing' };
  if (news.isOnScreen && !news.isIdle) return { rule: 2, reason: 'on-screen', verdict: 'nothing' };
  if (news.isUrgent && news.isUrgentAllowed) return { rule: 3, reason: 'urgent', verdict: 'ring' };
  if (news.isFocusModeOn) return { rule: 4, reason: 'focus-mode', verdict: 'badge' };
  if (news.quiet !== null) return { rule: 5, reason: news.quiet, verdict: 'badge' };

  const breaksMute = news.callsMe && news.mentionsBreakMute;
  if (news.isMuted && !breaksMute) return { rule: 6, reason: 'muted', verdict: 'nothing' };

  // A mention that may break a mute is as good against the level that says "none".
  const level: Level = news.level === 'none' && breaksMute ? 'mentions' : news.level;
  if (level === 'none') return { rule: 7, reason: 'level-none', verdict: 'dot' };
  const call = callOf(news);
  if (level === 'mentions' && call === undefined)
    return { rule: 7, reason: 'level-mentions', verdict: 'dot' };

  const reason = call ?? 'level-all';
  if (news.recent >= BURST.count) return { rule: 8, reason, verdict: 'update' };
  return { rule: 9, reason, verdict: 'show' };
}

/** What in the message is meant for the person, if anything. */
function callOf(news: News): string | undefined {
  if (news.callsMe) return 'mention';
  if (news.callsHere && !news.isIdle) return 'here';
  if (news.callsChannel && !news.ignoreChannelMentions) return 'channel';
  if (news.hasKeyword) return 'keyword';
  if (news.isConversation) return 'direct';
  if (news.isFollowedThread) return 'thread';
  return undefined;
}
