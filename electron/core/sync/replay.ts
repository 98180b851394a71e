/**
 * Applies the events that an earlier build kept without knowing their kind, once this build
 * knows it. Channels are brought to where a desktop would be that knew the kind from the start.
 * The team's and the member's feeds are asked of the relay as a whole instead: each of their
 * events says how something is now, and one that is applied late would undo a later one.
 */
import { parseEvent, type FeedEvent } from '../../../protocol/feeds.ts';
import { EVENT_KINDS_VERSION } from '../../../protocol/version.ts';
import type { Cache } from '../cache/data.ts';
import { OWN_FEEDS } from '../cache/log-rows.ts';
import type { ChannelLog } from './channel-log.ts';
import type { Replica } from './replica.ts';

export interface ReplayParts {
  readonly replica: Replica;
  readonly cache: Cache;
  readonly channelLog: ChannelLog;
}

/** At the start of a team, before it connects. Cut short, it goes on at the next start. */
export function replayUnknown({ replica, cache, channelLog }: ReplayParts): void {
  const { key } = replica.team;
  if (cache.log.knownKinds(key) === EVENT_KINDS_VERSION) return;
  const byFeed = new Map<number, FeedEvent[]>();
  for (const { channel, json } of cache.log.raws(key)) {
    const event = parseEvent(JSON.parse(json));
    if (event && event.kind !== 'unknown')
      byFeed.set(channel, [...(byFeed.get(channel) ?? []), event]);
  }
  const channels = new Map([...replica.channels.values()].map((one) => [one.key, one]));
  for (const [feed, events] of byFeed) {
    const channel = channels.get(feed);
    if (channel) channelLog.replay(channel, events);
    else beginFeedAnew(feed, events);
  }
  cache.log.putKnownKinds(key, EVENT_KINDS_VERSION);

  function beginFeedAnew(feed: number, events: readonly FeedEvent[]): void {
    cache.db.transaction('feed.begin-anew', () => {
      // Without a position the relay sends the feed's state.
      if (feed === OWN_FEEDS.team) replica.putSync({ ...replica.sync, teamSeq: 0 });
      if (feed === OWN_FEEDS.member) replica.putSync({ ...replica.sync, memberSeq: 0 });
      for (const { seq } of events) cache.log.removeRaw(key, feed, seq);
    });
  }
}
