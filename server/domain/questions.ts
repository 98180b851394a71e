/**
 * The questions about feeds and the directory. A state that is told together with a `seq` is read after that `seq`: what happened in
 * between is in it already, and hearing of it once more changes nothing.
 */
import type { Channel, Member, Team } from '../../protocol/entities.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { MemberChannel } from '../../protocol/frames-down.ts';
import { TEAM_FEED, channelFeed, feedName, memberFeed } from '../../protocol/ids.ts';
import type { ChannelId, FeedId, MemberId, OperationId } from '../../protocol/ids.ts';
import type { Interval } from '../../protocol/feeds.ts';
import type { Limits } from '../../protocol/limits.ts';
import { ok, type Result } from '../../protocol/result.ts';
import type { Page, StoreReads } from '../ports/store.ts';
import { checkChannel, checkMember } from './access.ts';
import { refused } from './outcome.ts';

export interface TeamState {
  readonly seq: number;
  readonly team: Team;
  readonly members: readonly Member[];
  readonly channels: readonly Channel[];
}
export interface MemberState {
  readonly seq: number;
  readonly channels: readonly MemberChannel[];
}
export interface Roster {
  readonly channel: Channel;
  readonly members: readonly MemberId[];
}

/** The newest events of the span that fit a page. */
export async function readRange(
  reads: StoreReads,
  by: MemberId,
  feed: FeedId,
  span: Interval,
  limits: Limits,
): Promise<Result<Page, Refusal>> {
  const access = await checkFeed(reads, by, feed);
  if (!access.ok) return access;
  if (span.from > span.to) return refused('bad-request', 'to');
  const page = await reads.page(feed, span, { events: limits.pageEvents, bytes: limits.pageBytes });
  // Another relay may have taken them out of the channel between the two questions, and more been said there.
  const stillAccess = await checkFeed(reads, by, feed);
  return stillAccess.ok ? ok(page) : stillAccess;
}

/** Whether the member may read the feed; `not-found` alike when it is hidden from them and when there is none. */
export async function checkFeed(
  reads: StoreReads,
  by: MemberId,
  feed: FeedId,
): Promise<Result<unknown, Refusal>> {
  const name = feedName(feed);
  if (name.kind === 'channel') return checkChannel(reads, by, name.channel, 'read');
  if (name.kind === 'member' && name.member !== by) return refused('not-found');
  return checkMember(reads, by);
}

export async function readRoster(
  reads: StoreReads,
  by: MemberId,
  id: ChannelId,
): Promise<Result<Roster, Refusal>> {
  const seq = await reads.head(channelFeed(id));
  const access = await checkChannel(reads, by, id, 'read');
  if (!access.ok) return access;
  return ok({ channel: { ...access.value.channel, seq }, members: await reads.roster(id) });
}

/** Which of these changes the store does not have from the asker. Those of other members are missing too, whether it has them or not. */
export async function readMissing(
  reads: StoreReads,
  by: MemberId,
  ops: readonly OperationId[],
): Promise<Result<readonly OperationId[], Refusal>> {
  const access = await checkMember(reads, by);
  if (!access.ok) return access;
  const known = await reads.operations(by, ops);
  return ok(ops.filter((op) => !known.has(op)));
}

export async function readTeam(reads: StoreReads): Promise<TeamState | undefined> {
  const seq = await reads.head(TEAM_FEED);
  const team = await reads.team();
  return (
    team && { seq, team, members: await reads.members(), channels: await reads.publicChannels() }
  );
}

export async function readMember(reads: StoreReads, by: MemberId): Promise<MemberState> {
  const seq = await reads.head(memberFeed(by));
  return { seq, channels: await reads.memberChannels(by) };
}
