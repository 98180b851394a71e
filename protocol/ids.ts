/**
 * Identifiers of the wire. All are UUIDs in lower case; those a client makes (messages, operations, channels) are
 * version 7, so that they sort by the moment they were made. The brands exist only for the compiler: a member id
 * cannot be handed over where a channel id is meant.
 */
import { z } from 'zod';

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type TeamId = Id<'team'>;
export type MemberId = Id<'member'>;
export type ChannelId = Id<'channel'>;
/** A message's id for ever: made by the sender's desktop at the moment of Enter. */
export type MessageId = Id<'message'>;
/** Names one intended change; sending it twice changes nothing twice. A message's operation id is its message id. */
export type OperationId = Id<'operation'>;
/** One signed-in device. */
export type SessionId = Id<'session'>;
/** 128 random bits made with the store and replaced when the store may have lost commits. */
export type Epoch = Id<'epoch'>;
export type FeedId = Id<'feed'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const FEED =
  /^(?:team|(?:channel|member)\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

const uuid = <T>(): z.ZodType<T, T> => z.string().regex(UUID) as unknown as z.ZodType<T, T>;
const uuid7 = <T>(): z.ZodType<T, T> => z.string().regex(UUID_V7) as unknown as z.ZodType<T, T>;

export const teamId = uuid<TeamId>();
export const memberId = uuid<MemberId>();
export const channelId = uuid<ChannelId>();
export const newChannelId = uuid7<ChannelId>();
export const messageId = uuid7<MessageId>();
export const operationId = uuid7<OperationId>();
export const sessionId = uuid<SessionId>();
export const epochId = z.string().regex(/^[0-9a-f]{32}$/) as unknown as z.ZodType<Epoch, Epoch>;
export const feedId = z.string().regex(FEED) as unknown as z.ZodType<FeedId, FeedId>;

/** What the schemas of the same name say, for who reads thousands of them in a row. */
export const isMemberId = (value: unknown): value is MemberId =>
  typeof value === 'string' && UUID.test(value);
export const isMessageId = (value: unknown): value is MessageId =>
  typeof value === 'string' && UUID_V7.test(value);

export const TEAM_FEED = 'team' as FeedId;
export const channelFeed = (id: ChannelId): FeedId => `channel/${id}` as FeedId;
export const memberFeed = (id: MemberId): FeedId => `member/${id}` as FeedId;

export type FeedName =
  | { readonly kind: 'team' }
  | { readonly kind: 'channel'; readonly channel: ChannelId }
  | { readonly kind: 'member'; readonly member: MemberId };

/** Takes a feed id apart. The id has been checked at the border. */
export function feedName(feed: FeedId): FeedName {
  if (feed.startsWith('channel/')) return { kind: 'channel', channel: feed.slice(8) as ChannelId };
  if (feed.startsWith('member/')) return { kind: 'member', member: feed.slice(7) as MemberId };
  return { kind: 'team' };
}
