/**
 * The counts of the standing rule, counted a second time. What a desktop holds is counted by plain
 * SQL, and the relay's kept answer added for the span that is not held. Where that answer is
 * current, the counts also have to be those of the relay's store.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { ChannelView } from '../../electron/bridge/views.ts';
import { parseEvent } from '../../protocol/feeds.ts';
import { channelFeed, type ChannelId } from '../../protocol/ids.ts';
import { callsMask, callsOf } from '../../protocol/mentions.ts';
import type { RelayKit } from '../kit/relay-kit.ts';

export interface Counts {
  readonly unread: number;
  readonly mentions: number;
}

export interface Recounted extends Counts {
  readonly lastAt: number;
  /** All events after the read mark are held, or counted by the relay since the last change. */
  readonly isCurrent: boolean;
  /** The last event that the desktop holds. */
  readonly top: number;
}

interface CountRow {
  readonly unread: number;
  readonly mentions: number;
  readonly lastAt: number;
}

interface SpanRow {
  readonly to: number;
  readonly head: number;
  readonly messages: number;
  readonly mentions: number;
  readonly withoutChannel: number;
}

interface HeldRow {
  readonly from: number;
  readonly to: number;
}

const CHANNEL = 'SELECT key FROM channel WHERE id = :channel';
const COUNT = `SELECT coalesce(sum(isNews), 0) AS unread,
    coalesce(sum(isNews AND (calls & :mask) <> 0), 0) AS mentions, coalesce(max(at), 0) AS lastAt
  FROM (SELECT at, calls, seq > :after AND author <> :me AND NOT is_deleted AS isNews
    FROM message WHERE channel = (${CHANNEL}))`;
/** An answer for another span than the one after the read mark counts for nothing. */
const SPAN = `SELECT to_seq AS "to", head, messages, mentions, without_channel AS withoutChannel
  FROM relay_count WHERE channel = (${CHANNEL}) AND from_seq = :readSeq + 1`;
const HELD = `SELECT from_seq AS "from", to_seq AS "to" FROM interval
  WHERE channel = (${CHANNEL}) ORDER BY from_seq`;

/** From the desktop's own file. */
export function recount(
  folder: string,
  channels: readonly ChannelView[],
  me: string,
  ignoreChannelMentions: boolean,
): ReadonlyMap<string, Recounted> {
  const mask = callsMask(ignoreChannelMentions);
  const db = new Database(join(folder, 'cache.db'), { readonly: true });
  try {
    const count = db.prepare<[object], CountRow>(COUNT);
    const spanOf = db.prepare<[object], SpanRow>(SPAN);
    const heldOf = db.prepare<[object], HeldRow>(HELD);
    return new Map(
      channels.map(({ id: channel, kind, readSeq }) => {
        const span = spanOf.get({ channel, readSeq });
        const held = heldOf.all({ channel });
        const after = Math.max(readSeq, span?.to ?? 0);
        const counted = count.get({ channel, after, me, mask });
        if (!counted) throw new Error('an aggregate without a row');
        const calling = ignoreChannelMentions ? span?.withoutChannel : span?.mentions;
        const unread = counted.unread + (span?.messages ?? 0);
        return [
          channel,
          {
            unread,
            mentions: isConversation(kind) ? unread : counted.mentions + (calling ?? 0),
            lastAt: counted.lastAt,
            isCurrent: span?.head !== 0 && isHeld(held, after + 1),
            top: held.at(-1)?.to ?? 0,
          },
        ];
      }),
    );
  } finally {
    db.close();
  }
}

const isConversation = (kind: string): boolean => kind === 'direct' || kind === 'group';

/** Held without a hole from here up to the last event that is held. */
const isHeld = (held: readonly HeldRow[], from: number): boolean => {
  const last = held.at(-1);
  return last === undefined || last.from <= Math.max(from, 1) || last.to < from;
};

interface Post {
  readonly seq: number;
  readonly by: string;
  readonly calls: number;
}

export interface StoreCounts {
  /** Follows the channel's feed to its end. @returns its head */
  follow(channel: string): Promise<number>;
  /** As of the last `follow`. */
  count(channel: ChannelView, ignoreChannelMentions: boolean): Counts;
}

/** From the relay's store: reads each event once and keeps what the messages say now. */
export function createStoreCounts({ store, owner }: RelayKit, handles: string[]): StoreCounts {
  const feeds = new Map<string, { head: number; readonly posts: Map<string, Post> }>();
  const calls = (text: string): number =>
    callsOf(text, owner.handle, (handle) => handles.includes(handle));
  return {
    follow: async (channel) => {
      const feed = feeds.get(channel) ?? { head: 0, posts: new Map<string, Post>() };
      feeds.set(channel, feed);
      const name = channelFeed(channel as ChannelId);
      const head = await store.head(name);
      while (feed.head < head) {
        const span = { from: feed.head + 1, to: head };
        const page = await store.pageUp(name, span, PAGE);
        for (const { json } of page.events) {
          const event = parseEvent(JSON.parse(json));
          if (event?.kind === 'posted')
            feed.posts.set(event.id, { seq: event.seq, by: event.by, calls: calls(event.text) });
          const post = event && 'id' in event ? feed.posts.get(event.id) : undefined;
          if (!event || !post) continue;
          if (event.kind === 'edited')
            feed.posts.set(event.id, { ...post, calls: calls(event.text) });
          if (event.kind === 'deleted') feed.posts.delete(event.id);
        }
        feed.head = page.to;
      }
      return head;
    },
    count: ({ id, kind, readSeq }, ignoreChannelMentions) => {
      const mask = callsMask(ignoreChannelMentions);
      let unread = 0;
      let mentions = 0;
      for (const post of feeds.get(id)?.posts.values() ?? []) {
        if (post.seq <= readSeq || post.by === owner.id) continue;
        unread++;
        if ((post.calls & mask) !== 0) mentions++;
      }
      return { unread, mentions: isConversation(kind) ? unread : mentions };
    },
  };
}

const PAGE = { events: 1_000, bytes: 10_000_000 };
